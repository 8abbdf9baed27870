import { field, number, optional, optionalNumber, text, texts } from "./fields.ts";

/** An order to put something back in a filesystem on which a program runs. */
export type PutBack =
  /** Everything, or all at and below some paths, as it was just after event `seq`. */
  | {
      readonly kind: "restore";
      readonly seq: number;
      /** The moment as the person named it. */
      readonly revision: string;
      readonly paths?: readonly string[];
    }
  /** The last change of each path. */
  | { readonly kind: "undo-paths"; readonly paths: readonly string[] }
  /** One run, by default the last, or one event; `force` overwrites later changes. */
  | {
      readonly kind: "undo";
      readonly run?: number;
      readonly event?: number;
      readonly force: boolean;
    };

/** The result of such an order. */
export type PutBackResult =
  /** The seqs of the first and last event that did it. */
  | {
      readonly kind: "done";
      readonly first: number;
      readonly last: number;
      /** Tells if the program sees it by now: a call that is held may keep a directory as it was until it goes on. */
      readonly seen: boolean;
    }
  /** All was as wanted already. */
  | { readonly kind: "nothing" }
  | { readonly kind: "refused"; readonly message: string; readonly hint?: string };

/** Parses what somebody wants put back. Throws RangeError. */
export function parsePutBack(value: unknown): PutBack {
  const kind = text(value, "kind");
  switch (kind) {
    case "restore":
      return {
        kind,
        seq: number(value, "seq"),
        revision: text(value, "revision"),
        ...(field(value, "paths") === undefined ? {} : { paths: texts(value, "paths") }),
      };
    case "undo-paths":
      return { kind, paths: texts(value, "paths") };
    case "undo": {
      const [run, event] = [optionalNumber(value, "run"), optionalNumber(value, "event")];
      return {
        kind,
        force: field(value, "force") === true,
        ...(run === undefined ? {} : { run }),
        ...(event === undefined ? {} : { event }),
      };
    }
    default:
      throw new RangeError("nothing that can be put back");
  }
}

/** Parses what came of it. Throws RangeError. */
export function parsePutBackResult(value: unknown): PutBackResult {
  const kind = text(value, "kind");
  switch (kind) {
    case "done": {
      const seen = field(value, "seen") === true;
      return { kind, first: number(value, "first"), last: number(value, "last"), seen };
    }
    case "nothing":
      return { kind };
    case "refused": {
      const hint = optional(value, "hint");
      return { kind, message: text(value, "message"), ...(hint === undefined ? {} : { hint }) };
    }
    default:
      throw new RangeError("no result");
  }
}
