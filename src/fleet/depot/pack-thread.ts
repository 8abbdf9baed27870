import { randomUUID } from "node:crypto";
import { rmSync } from "node:fs";
import { join } from "node:path";
import { parentPort, workerData } from "node:worker_threads";
import {
  type Cutter,
  type Unpacking,
  checkPack,
  decodePack,
  filesOf,
  openCutter,
  openReader,
  openUnpacking,
} from "../../../journal/index.ts";
import { SnapshotWriter, openHistory } from "../../history/index.ts";
import { type ContentsAfter, contentsAfter } from "./searches/contents.ts";
import { indexPacks } from "./searches/indexing.ts";
import type { CutUpTo, PackAnswer, PackQuestion, Reached } from "./pack-threads.ts";

// Checks packs, and makes journals of them to be cut, in a thread of its own.

/** A journal that was made of packs. */
interface Made {
  readonly file: string;
  readonly unpacking: Unpacking;
  readonly cutter: Cutter;
  readonly maker: string;
  /** Starts of what is redacted later, and so was never written. */
  readonly hidden: ReadonlySet<number>;
  head: number;
}

// oxlint-disable-next-line typescript/no-unsafe-type-assertion -- our own starter hands it over
const folder = workerData as string;
/** Most journals that are kept, so that what is added to one costs no more than that. */
const mostMade = 16;
const made = new Map<string, Made>();
/** A reader fetches all increments since a full snapshot: there are fewer, and further apart, than on a machine. */
const snapshotOptions = { leastEvents: 128, mostIncrements: 2_048, index: "none" } as const;
let count = 0;

parentPort?.on(
  "message",
  ({ number, question }: { readonly number: number; readonly question: PackQuestion }) => {
    let answer: PackAnswer;
    try {
      answer = { number, answer: answerTo(question) };
    } catch (error) {
      const isMalformed =
        error instanceof Error &&
        (error.name === "MalformedError" || error.name === "JournalError");
      answer = {
        number,
        reason: error instanceof Error ? error.message : String(error),
        isMalformed,
      };
    }
    parentPort?.postMessage(answer);
  },
);

function answerTo(question: PackQuestion): unknown {
  switch (question.of) {
    case "check":
      return checkPack(decodePack(bufferOf(question.bytes)), question.before);
    case "reached":
      return reached(question.name);
    case "add":
      return add(question);
    case "cut":
      return cut(question.name);
    case "digest":
      return digest(question.name, question.after);
    case "index": {
      const { tenant, open, packs } = question;
      return indexPacks(tenant, open === null ? undefined : bufferOf(open), packs.map(bufferOf));
    }
    case "made":
      return [...made.keys()];
    case "forget":
      return forget(question.name);
  }
}

function add({ name, bytes, late }: Extract<PackQuestion, { of: "add" }>): boolean {
  const buffer = bufferOf(bytes);
  const pack = decodePack(buffer);
  if (pack.first === 1) forget(name);
  let known = made.get(name);
  if (known === undefined || known.head + 1 !== pack.first) {
    if (pack.first !== 1) return false;
    const file = join(folder, `${(count += 1)}.db`);
    const hidden = new Set(late.map(({ start }) => start));
    const unpacking = openUnpacking(file, pack, late);
    known = { file, unpacking, cutter: openCutter(), maker: randomUUID(), hidden, head: 0 };
    made.set(name, known);
  }
  const { hidden } = known;
  if (pack.redacted.some(({ start }) => start < pack.tape && !hidden.has(start))) {
    // The bytes that it redacts stand in the file.
    forget(name);
    return false;
  }
  try {
    known.unpacking.add(pack);
  } catch (error) {
    forget(name);
    throw error;
  }
  known.cutter.note(buffer);
  known.head = pack.last;
  return true;
}

function reached(name: string): Reached {
  const known = made.get(name);
  return { head: known?.head ?? 0, maker: known?.maker };
}

/** Makes a Buffer again of bytes that came from another thread. */
function bufferOf(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
}

function cut(name: string): CutUpTo {
  const known = made.get(name);
  if (known === undefined) throw new Error(`there is no journal ${name} to cut`);
  const journal = openReader(known.file);
  try {
    new SnapshotWriter(journal, snapshotOptions).advance();
    const { cutter, maker, head: seq, unpacking } = known;
    return { ...cutter.cut(journal), maker, seq, digest: unpacking.digest() };
  } finally {
    journal.close();
    made.delete(name);
    made.set(name, known);
    for (const oldest of made.keys()) {
      if (made.size <= mostMade) break;
      forget(oldest);
    }
  }
}

function digest(name: string, after: number): ContentsAfter & { readonly head: number } {
  const known = made.get(name);
  if (known === undefined) throw new Error(`there is no journal ${name} to digest`);
  const journal = openReader(known.file);
  try {
    // Otherwise the states on the way would be stored as on a machine, where they are closer.
    new SnapshotWriter(journal, snapshotOptions).advance();
    return { ...contentsAfter(openHistory(journal), after), head: known.head };
  } finally {
    journal.close();
  }
}

function forget(name: string): void {
  const known = made.get(name);
  if (known === undefined) return;
  made.delete(name);
  known.unpacking.abandon();
  for (const file of filesOf(known.file)) rmSync(file, { force: true });
}
