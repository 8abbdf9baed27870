import type { Seq } from "../journal/index.ts";
import { type Printable, joined, printable, words } from "../src/text/index.ts";
import { seqText } from "./event-text.ts";
import { type Recording, touching } from "./recording.ts";
import { ancestors } from "./tree-rows.ts";

/** Events on a path and on what it lies in that are looked at for the last moment at which it was there. */
const mostLooked = 256;

/** The last moment up to `at` at which something stood at a path. Undefined where there is none, or none near. */
export function lastThere(recording: Recording, path: string, at: Seq): Seq | undefined {
  if (recording.inodeAt(path, at) !== undefined) return at;
  const paths = [path, ...ancestors(path)];
  let looked = 0;
  for (const { seq, kind } of recording.journal.query({ paths, last: at, order: "reverse" })) {
    const before = (seq - 1) as Seq;
    const isRemoval = kind === "unlink" || kind === "rmdir" || kind === "rename";
    if (isRemoval && recording.inodeAt(path, before) !== undefined) return before;
    looked += 1;
    if (looked === mostLooked) return undefined;
  }
  return undefined;
}

/** Said where a path has nothing at a moment, with the way to where it has. */
export function notThere(recording: Recording, path: string, at: Seq): Printable {
  const last = lastThere(recording, path, at);
  const next = last === undefined ? touching(recording, path, at, "after") : undefined;
  const way =
    last !== undefined
      ? `Gone at ${seqText(at)}; ${wayBack(last, at)} it was there:`
      : next !== undefined
        ? `Not there yet at ${seqText(at)}; L goes to ${seqText(next)}:`
        : `Not there at ${seqText(at)}:`;
  return joined([way as Printable, printable(path)]);
}

/** Said where a restore would change nothing, with the way to where it would. */
export function alreadySo(recording: Recording, path: string, at: Seq): Printable {
  const type = recording.inodeAt(path, at)?.type;
  const last = type === "directory" ? undefined : touching(recording, path, at, "up to");
  if (last === undefined || last <= recording.first())
    return words("It is like that already; h steps further back.");
  return last === at
    ? words("It is like that already; h steps back to before this event.")
    : (`It is like that already since ${seqText(last)}; :${last - 1} is before that.` as Printable);
}

function wayBack(to: Seq, from: Seq): string {
  return to === from - 1 ? "h steps back to when" : `:${to} goes back to when`;
}
