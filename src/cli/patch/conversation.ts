import type { Journal } from "../../../journal/index.ts";
import { tapeOf } from "../../history/index.ts";
import {
  type Choice,
  type Offer,
  type Part,
  editableHunk,
  editsOf,
  splitHunk,
  textsOf,
  withoutLead,
} from "../../host/index.ts";
import { line, printable, words } from "../../text/index.ts";
import type { Context } from "../command/context.ts";
import { UsageError } from "../command/failure.ts";
import { changeHeading, printBody, printHunk } from "../text/diff-text.ts";
import { type ReadLine, editByHand } from "./keyboard.ts";

/** The questions' subject, and their terminal. */
export interface Conversation {
  readonly context: Context;
  readonly journal: Journal;
  readonly readLine: ReadLine;
  /** Why a person should look at a path first. */
  readonly warnings: ReadonlyMap<string, string>;
}

/** Asks about each offer, part by part, with git's keys and words. When the person quits, the rest is not taken. */
export function chooseByHand(talk: Conversation, offers: readonly Offer[]): Choice[] {
  const choices: Choice[] = [];
  const takenOffers = new Set<Offer>();
  let isOver = false;
  for (const offer of offers) {
    const isPossible = offer.within === undefined || takenOffers.has(offer.within);
    if (isOver || !isPossible) {
      choices.push({ offer, taken: [] });
      continue;
    }
    const { taken, end } = askOffer(talk, offer);
    isOver = end === "quit";
    if (taken.length > 0) takenOffers.add(offer);
    choices.push({ offer, taken });
  }
  return choices;
}

type Ending = "done" | "quit";

function askOffer(
  talk: Conversation,
  offer: Offer,
): { readonly taken: readonly Part[]; readonly end: Ending } {
  const { out } = talk.context;
  out.line(changeHeading(talk.context, offer.change));
  const warning = talk.warnings.get(offer.path);
  if (warning !== undefined) out.line(out.paint("refused", printable(`! ${warning}`)));
  const open: Open[] = offer.parts.map((part) => ({ part, origin: "whole" }));
  const taken: Part[] = [];
  for (let at = 0; at < open.length;) {
    const one = open[at];
    if (one === undefined) break;
    showPart(talk, offer, one.part);
    const answer = ask(talk, one, at + 1, open.length);
    switch (answer) {
      case "y":
        taken.push(one.part);
        at += 1;
        break;
      case "n":
        // Without the rename the file's other changes have no place to go.
        if (one.part.kind === "rename") return { taken, end: "done" };
        at += 1;
        break;
      case "a":
        taken.push(...open.slice(at).map(({ part }) => part));
        return { taken, end: "done" };
      case "d":
        return { taken, end: "done" };
      case "q":
        return { taken, end: "quit" };
      case "s": {
        const parts = split(one.part);
        out.line(line`Split into ${parts.length} hunks.`);
        open.splice(at, 1, ...parts);
        break;
      }
      case "e": {
        const edited = edit(talk, offer, one);
        if (edited === undefined) break;
        taken.push(edited);
        at += 1;
      }
    }
  }
  return { taken, end: "done" };
}

/** A part that is asked about. Hunks split from one share unchanged lines. */
interface Open {
  readonly part: Part;
  readonly origin: "whole" | "first of split" | "split";
}

function split(part: Part): Open[] {
  if (part.kind !== "hunk") return [{ part, origin: "whole" }];
  return splitHunk(part.hunk).map((hunk, index) => ({
    part: { kind: "hunk", hunk },
    origin: index === 0 ? "first of split" : "split",
  }));
}

const questions: Readonly<Record<Part["kind"], string>> = {
  addition: "Apply addition",
  deletion: "Apply deletion",
  rename: "Apply rename",
  link: "Apply new target of link",
  content: "Apply new content",
  type: "Apply change of type",
  mode: "Apply mode change",
  hunk: "Apply this hunk",
};

type Answer = "y" | "n" | "q" | "a" | "d" | "s" | "e";

function ask(talk: Conversation, { part }: Open, number: number, count: number): Answer {
  const { out } = talk.context;
  const keys = keysOf(part);
  const question = `(${number}/${count}) ${questions[part.kind]} [${keys.join(",")},?]? `;
  for (;;) {
    out.text(out.paint("heading", printable(question)));
    out.flush();
    const text = talk.readLine();
    if (text === undefined) {
      out.line(words(""));
      return "q";
    }
    const typed = text.trim().slice(0, 1).toLowerCase();
    const answer = keys.find((key) => key === typed);
    if (answer !== undefined) return answer;
    for (const key of keys) out.line(printable(`${key} - ${meaning(key, part)}`));
    out.line(words("? - print help"));
  }
}

function keysOf(part: Part): Answer[] {
  const keys: Answer[] = ["y", "n", "q", "a", "d"];
  if (part.kind !== "hunk") return keys;
  return editsOf(part.hunk).length > 1 ? [...keys, "s", "e"] : [...keys, "e"];
}

function meaning(key: Answer, { kind }: Part): string {
  const part = kind === "hunk" ? "this hunk" : "this";
  const meanings: Readonly<Record<Answer, string>> = {
    y: `apply ${part}`,
    n: `do not apply ${part}; it stays offered`,
    q: `quit; do not apply ${part} or any of the remaining ones`,
    a: `apply ${part} and all later ones in the file`,
    d: `do not apply ${part} or any of the later ones in the file`,
    s: "split the current hunk into smaller hunks",
    e: "manually edit the current hunk",
  };
  return meanings[key];
}

function showPart({ context, journal }: Conversation, { change }: Offer, part: Part): void {
  switch (part.kind) {
    case "hunk":
      return printHunk(context, part.hunk);
    case "mode":
    case "rename":
      // The heading says it.
      return;
    case "addition":
    case "deletion":
    case "content":
    case "link":
    case "type":
      return printBody(context, journal, change, { lines: mostLines });
  }
}

/** Number of lines shown of a whole file. */
const mostLines = 100;

const editNotes = [
  "Manual hunk edit.",
  "To remove '-' lines, make them ' ' lines (context).",
  "To remove '+' lines, delete them.",
  "Lines starting with # will be removed.",
  "What you leave out stays offered. If all lines of the edit are removed, it is aborted.",
];

/** Asks again while the result does not fit; undefined if the person gives up. */
function edit(
  { context, journal, readLine }: Conversation,
  offer: Offer,
  one: Open,
): Part | undefined {
  if (one.part.kind !== "hunk") return undefined;
  const hunk = one.origin === "split" ? withoutLead(one.part.hunk) : one.part.hunk;
  const pair = textsOf(offer.change.before, offer.change.after, tapeOf(journal));
  if (pair === undefined) return undefined;
  const { out } = context;
  const editable = editableHunk(pair, hunk);
  if (editable === undefined) {
    out.line(words("This cannot be edited: the program wrote it in another encoding."));
    return undefined;
  }
  const { bytes, read } = editable;
  for (let shown = bytes; ;) {
    let edited: Uint8Array;
    try {
      edited = editByHand(shown, editNotes, context.env);
    } catch (error) {
      if (!(error instanceof UsageError)) throw error;
      context.talk.line(printable(`${error.message}; ${error.hint ?? ""}`));
      return undefined;
    }
    if (isAborted(edited)) return undefined;
    const typed = read(edited);
    if (typed !== undefined) return { kind: "hunk", hunk, typed };
    out.text(words('Your edited hunk does not apply. Edit again (saying "no" discards!) [y/n]? '));
    out.flush();
    if (!/^y/i.test(readLine()?.trim() ?? "n")) return undefined;
    shown = withoutNotes(edited);
  }
}

function isAborted(edited: Uint8Array): boolean {
  return withoutNotes(edited).every((byte) => byte === 0x0a || byte === 0x0d);
}

function withoutNotes(edited: Uint8Array): Uint8Array {
  const lines = Buffer.from(edited).toString("latin1").split("\n");
  return Buffer.from(lines.filter((one) => !one.startsWith("#")).join("\n"), "latin1");
}
