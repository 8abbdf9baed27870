import type { Draft, Recorder } from "../../journal/index.ts";
import { type Tree, inodeOf, readContentInto, sizeOf } from "../fs/index.ts";
import type { Asked } from "./gate.ts";
import type { RuleOperation, Rule } from "./rule.ts";

/** A call that waits for an answer, as a person or a program is asked about it. */
export interface Question {
  /** The rule that asks, as it was written. */
  readonly rule: string;
  /** The operation and the path for which the rule asks. */
  readonly operation: RuleOperation;
  readonly path: string;
  /** The words for what the call does at this path. */
  readonly words: readonly RuleOperation[];
  /** The kind of event that the call would make; "read" for one that makes none. */
  readonly call: Draft["kind"];
  /** Both paths of what is moved; what the rule is about may lie below. */
  readonly from?: string;
  readonly to?: string;
  /** The size of the file, in bytes: after the call, or before a removal. */
  readonly size: number;
  /** The whole content of a file of up to 64 KiB, before and after: absent where there is none, or too much. */
  readonly before?: Uint8Array;
  readonly after?: Uint8Array;
  /** The command line of the process that makes the call, where it is known. */
  readonly program?: string;
  /** Present where a debugger holds the call, and no rule of the run asks. */
  readonly hold?: true;
}

/**
 * The answers to a question: it goes ahead; it fails; all like it go ahead from now on (`alwaysRule`); the program ends;
 * the program ends here, and goes on in a copy of the journal, which is for who asked to make.
 */
export type Answer = "allow" | "deny" | "always" | "stop" | "fork";
export const answers: readonly Answer[] = ["allow", "deny", "always", "stop", "fork"];

/** The most bytes of a file that are shown before and after a change. */
export const mostShown = 64 * 1024;

/** Returns the question about a call. `readTape` may throw: then no content is shown. */
export function questionOf(
  { ruling, tree, draft, ino, bytes }: Asked,
  readTape: Recorder["readTape"],
): Question {
  const { rule, operation, path, words } = ruling;
  const said = { rule, operation, path, words };
  if (draft === undefined) {
    const inode = ino === undefined ? undefined : inodeOf(tree, ino);
    return { ...said, call: "read", size: inode === undefined ? 0 : sizeOf(inode) };
  }
  const moves = draft.kind === "rename" || draft.kind === "exchange";
  const content = contentsOf(tree, draft, bytes, readTape);
  return {
    ...said,
    call: draft.kind,
    ...(moves ? { from: draft.path, to: draft.to } : {}),
    size: sizeAfter(tree, draft),
    ...(content.before === undefined ? {} : { before: content.before }),
    ...(content.after === undefined ? {} : { after: content.after }),
  };
}

/** Returns the rule that the answer "always" adds: the same on all in its directory, or on a path of the root alone. */
export function alwaysRule({ words, path }: Pick<Question, "words" | "path">): Rule {
  const folder = path.slice(0, path.lastIndexOf("/"));
  const isBelow = folder !== "";
  const paths = [isBelow ? `${globOfPath(folder)}/**` : globOfPath(path)];
  return { action: "allow", operations: words, paths };
}

/** Returns the glob that fits one path: it may hold signs that mean something in globs. */
export function globOfPath(path: string): string {
  return path.replaceAll(/[\\*?[\]{},!]/g, "\\$&");
}

function sizeAfter(tree: Tree, draft: Draft): number {
  if (!("ino" in draft)) return 0;
  const inode = inodeOf(tree, draft.ino);
  const size = inode === undefined ? 0 : sizeOf(inode);
  if (draft.kind === "write") return Math.max(size, draft.offset + draft.length);
  return draft.kind === "set-size" ? draft.size : size;
}

interface Contents {
  readonly before?: Uint8Array;
  readonly after?: Uint8Array;
}

function contentsOf(
  tree: Tree,
  draft: Draft,
  bytes: Uint8Array | undefined,
  readTape: Recorder["readTape"],
): Contents {
  if (draft.kind === "symlink") return { after: new TextEncoder().encode(draft.target) };
  if (draft.kind !== "write" && draft.kind !== "set-size" && draft.kind !== "unlink") return {};
  const inode = inodeOf(tree, draft.ino);
  const size = sizeAfter(tree, draft);
  if (inode?.type !== "file" || Math.max(size, inode.content.size) > mostShown) return {};
  const before = new Uint8Array(inode.content.size);
  try {
    readContentInto(inode.content, 0, before, readTape);
  } catch {
    return {};
  }
  if (draft.kind === "unlink") return { before };
  const after = new Uint8Array(size);
  after.set(before.subarray(0, size));
  if (draft.kind === "set-size") return { before, after };
  if (bytes?.length !== draft.length) return {};
  after.set(bytes, draft.offset);
  return { before, after };
}
