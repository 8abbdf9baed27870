import { createHash } from "node:crypto";
import { type Journal, JournalError } from "../../../../journal/index.ts";
import { extentsOf } from "../../../fs/index.ts";
import { type History, type ReadTape, lookup, readPieces, tapeOf } from "../../../history/index.ts";
import { Touched, touches } from "./touched.ts";

/** The files that a run changed, by their contents when it ended. */
export interface RunContents {
  readonly run: number;
  /** Numbers of paths in those of the run, each with the SHA-256 of the file's bytes in hex. */
  readonly files: readonly (readonly [number, string])[];
  /** Is false where files were left out: there were too many, or they were too large. */
  readonly isWhole: boolean;
}

/** The contents of some runs that ended. */
export interface ContentsAfter {
  readonly runs: readonly RunContents[];
  /** The event to go on after. */
  readonly after: number;
  /** Tells whether there are no more runs that ended. */
  readonly isAll: boolean;
}

/** The largest file that is digested; and most bytes of one run and of one turn, by `costOf`. */
const mostOfFile = 64 * 1024 * 1024;
const mostOfRun = 256 * 1024 * 1024;
const mostOfTurn = 512 * 1024 * 1024;
const mostRuns = 2_000;
/** A piece of a file costs as much as so many bytes. */
const pieceCost = 512;

/**
 * Digests the files that runs changed, as they were when each ended, for the runs that ended after an event. One turn is
 * bounded, so that nobody else's journal waits long. Bytes that were redacted, or never read, have no digest.
 */
export function contentsAfter(history: History, after: number): ContentsAfter {
  const { journal } = history;
  const head = journal.head();
  const all = journal.runs();
  const ended = all.filter(({ end, last }, at) => last > after && (end ?? all[at + 1]));
  const open = all.find(({ end }, at) => end === undefined && all[at + 1] === undefined);
  const runs: RunContents[] = [];
  let spent = 0;
  for (const { run, first, last } of ended) {
    if (runs.length >= mostRuns || spent >= mostOfTurn)
      return { runs, after: first - 1, isAll: false };
    const touched = new Touched();
    for (const event of journal.query({ first, last })) touched.add(event);
    const facts = touched.open ?? touched.takeEnded()[0];
    if (facts === undefined) continue;
    const tree = history.at(last);
    const readTape = tapeOf(journal);
    const files: (readonly [number, string])[] = [];
    let { isWhole } = facts;
    let left = mostOfRun;
    for (const [number, [path, touch]] of facts.paths.entries()) {
      if ((touch & touches.changed) === 0) continue;
      const file = lookup(tree, path);
      if (file?.type !== "file") continue;
      const most = Math.min(mostOfFile, left);
      const cost = costOf(journal, file.content, most);
      if (cost === undefined) continue;
      if (cost > most) {
        isWhole = false;
        continue;
      }
      left -= cost;
      const digest = digestOf(file, readTape);
      if (digest !== undefined) files.push([number, digest]);
    }
    spent += mostOfRun - left;
    if (files.length > 0 || !isWhole) runs.push({ run, files, isWhole });
  }
  return { runs, after: open === undefined ? head : open.first - 1, isAll: true };
}

type File = Parameters<typeof readPieces>[0];

/**
 * Returns the bytes that a file has to be read for, with those that its pieces cost; undefined if bytes of it were
 * redacted. Counts no further than `most`.
 */
function costOf(
  journal: Pick<Journal, "redacted">,
  content: File["content"],
  most: number,
): number | undefined {
  let cost = content.size;
  if (cost > most) return cost;
  for (const { tape, length } of extentsOf(content)) {
    if (tape !== "hole" && journal.redacted(tape, tape + length).length > 0) return undefined;
    cost += pieceCost;
    if (cost > most) break;
  }
  return cost;
}

/** Returns the SHA-256 of a file's bytes in hex; undefined if some of them were never read on the machine. */
function digestOf(file: File, readTape: ReadTape): string | undefined {
  const hash = createHash("sha256");
  try {
    for (const piece of readPieces(file, readTape)) hash.update(piece);
  } catch (error) {
    if (error instanceof JournalError && error.code === "unread") return undefined;
    throw error;
  }
  return hash.digest("hex");
}
