import type { Seq } from "../../journal/index.ts";
import { lastThere } from "../../src/history/index.ts";
import { type Printable, joined, printable, words, phrase } from "../../src/text/index.ts";
import { seqText } from "../draw/event-text.ts";
import { type Recording, touching } from "../recording/recording.ts";

/** Says that a path does not exist at a moment, and how to reach one where it does. */
export function notThere(recording: Recording, path: string, at: Seq): Printable {
  const last = lastThere(recording.history, path, at);
  const next = last === undefined ? touching(recording, path, at, "after") : undefined;
  const way =
    last !== undefined
      ? phrase`Gone at ${seqText(at)}; ${wayBack(last, at)} it was there:`
      : next !== undefined
        ? phrase`Not there yet at ${seqText(at)}; L goes to ${seqText(next)}:`
        : phrase`Not there at ${seqText(at)}:`;
  return joined([way, printable(path)]);
}

/** Says that a restore would change nothing, and how to find a moment where it would. */
export function alreadySo(recording: Recording, path: string, at: Seq): Printable {
  const type = recording.inodeAt(path, at)?.type;
  const last = type === "directory" ? undefined : touching(recording, path, at, "up to");
  if (last === undefined || last <= recording.first())
    return words("It is like that already; h steps further back.");
  return last === at
    ? words("It is like that already; h steps back to before this event.")
    : phrase`It is like that already since ${seqText(last)}; :${last - 1} is before that.`;
}

function wayBack(to: Seq, from: Seq): Printable {
  return to === from - 1 ? words("h steps back to when") : phrase`:${to} goes back to when`;
}
