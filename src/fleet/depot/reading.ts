import { setTimeout as sleep } from "node:timers/promises";
import type { Pool } from "pg";
import {
  type AskedRange,
  type RangesRequest,
  type ViewAnswer,
  mostRangeBytes,
  mostRanges,
} from "../protocol/protocol.ts";
import type { Objects } from "./objects/objects.ts";
import { type JournalName, keyOf, rowOf, unknownJournal } from "./database/journal-row.ts";
import type { Receiver } from "./receive.ts";
import { RefusedError } from "./requests/refused.ts";

/*
 * Answers for readers who fetch a journal piece by piece: a view of it, and ranges of its packs and of the parts that
 * the view tells of.
 */

interface ViewRow {
  readonly seq: number;
  readonly digest: Buffer;
  readonly generation: number;
  readonly maker: string;
  readonly bytes: Buffer;
}

/** Somebody who asks, and may go meanwhile. */
interface Asking {
  readonly request: { readonly destroyed: boolean };
  readonly hold: (bytes: number) => void;
}

/** So long a reader waits for the first view of a journal; and for one of what came last, where there is an older one. */
const waitForFirst = 20_000;
const waitForNext = 3_000;
const lookMilliseconds = 50;
const looksPerQuestion = 10;

/**
 * Returns the view of a journal: the length of a ViewAnswer in four bytes, the answer as JSON, and the view. Waits for
 * one of all events for some seconds; `hold` takes memory for the answer. Throws RefusedError.
 */
export async function readView(
  pool: Pool,
  receiver: Receiver,
  name: JournalName,
  { request, hold }: Asking,
): Promise<Buffer> {
  const known = await rowOf(pool, name);
  if (known === undefined) throw unknownJournal(name);
  const start = performance.now();
  for (let look = 0; ; look += 1) {
    const { rows } = await pool.query<{ seq: number }>(
      `SELECT seq FROM view JOIN journal USING (tenant, journal, generation)
      WHERE tenant = $1 AND journal = $2`,
      keyOf(name),
    );
    const seq = rows[0]?.seq ?? 0;
    const wait = seq === 0 ? waitForFirst : waitForNext;
    if (seq >= known.head || performance.now() > start + wait || request.destroyed) break;
    // Whoever makes it may have rested since.
    if (look % looksPerQuestion === 0)
      await pool.query(
        `UPDATE journal SET view_after = least(view_after, now()), view_asked = coalesce(view_asked, now())
        WHERE tenant = $1 AND journal = $2 AND (view_asked IS NULL OR view_after > now())`,
        keyOf(name),
      );
    await sleep(lookMilliseconds);
  }
  const { rows: sizes } = await pool.query<{ bytes: number }>(
    "SELECT octet_length(bytes) AS bytes FROM view WHERE tenant = $1 AND journal = $2",
    keyOf(name),
  );
  hold(sizes[0]?.bytes ?? 0);
  const { rows } = await pool.query<ViewRow>(
    `SELECT seq, v.digest, generation, maker, v.bytes FROM view v JOIN journal USING (tenant, journal, generation)
    WHERE tenant = $1 AND journal = $2`,
    keyOf(name),
  );
  const [row] = rows;
  if (row === undefined)
    throw new RefusedError(404, "no view of the journal is made yet", {
      hint: "ask again later, or fetch all of it: `rewindfs pull`",
    });
  const { seq, generation, maker, bytes } = row;
  const signed = receiver.signView(name, {
    seq,
    digest: row.digest.toString("hex"),
    generation,
    bytes,
  });
  const answer: ViewAnswer = { ...signed, maker, received: known.head };
  const json = Buffer.from(JSON.stringify(answer));
  const length = Buffer.alloc(4);
  length.writeUInt32LE(json.length);
  return Buffer.concat([length, json, bytes]);
}

/** Reads a request for ranges. Throws RefusedError for one that asks for too much, or makes no sense. */
export function rangesIn(body: Buffer): RangesRequest {
  let value: Partial<Record<keyof RangesRequest, unknown>>;
  try {
    value = JSON.parse(body.toString()) as typeof value;
  } catch {
    throw new RefusedError(400, "the request is no JSON");
  }
  const { generation, maker, ranges } = value ?? {};
  if (typeof generation !== "number" || typeof maker !== "string" || !Array.isArray(ranges))
    throw new RefusedError(400, "the request asks for no ranges");
  if (ranges.length > mostRanges) throw new RefusedError(413, `more than ${mostRanges} ranges`);
  let bytes = 0;
  for (const range of ranges as unknown[]) {
    const [kind, ...numbers] = Array.isArray(range) ? (range as unknown[]) : [];
    const count = kind === "pack" ? 4 : kind === "part" ? 3 : 0;
    if (count === 0 || numbers.length !== count || !numbers.every(isCount))
      throw new RefusedError(400, "a range makes no sense");
    const [start = 0, length = 0] = numbers.slice(-2).map(Number);
    // PostgreSQL counts bytes, and parts, with 32 bits.
    if (start + length >= 2 ** 31 || (kind === "part" && Number(numbers[0]) >= 2 ** 31))
      throw new RefusedError(416, "a range ends past its object");
    bytes += length;
  }
  if (bytes > mostRangeBytes)
    throw new RefusedError(413, `more than ${mostRangeBytes} bytes at once`);
  return { generation, maker, ranges: ranges as AskedRange[] };
}

function isCount(value: unknown): boolean {
  return typeof value === "number" && Number.isSafeInteger(value) && value >= 0;
}

/** Returns the most memory that the answer to a request takes. */
export function memoryFor(request: RangesRequest): number {
  // Ranges are read, with bytes that lie between, and then put together.
  return bytesIn(request) * 2 + request.ranges.length * nearBytes;
}

/** Returns the bytes of the answer to a request. */
export function bytesIn({ ranges }: RangesRequest): number {
  return ranges.reduce((sum, range) => sum + lengthOf(range), 0);
}

/**
 * Returns the bytes of ranges, end to end. Throws RefusedError: 410 where the journal, or what was made of it, was
 * written anew since.
 */
export async function readRanges(
  pool: Pool,
  objects: Objects,
  name: JournalName,
  { generation, maker, ranges }: RangesRequest,
): Promise<Buffer> {
  const known = await rowOf(pool, name);
  if (known === undefined) throw unknownJournal(name);
  if (known.generation !== generation) throw writtenAnew();
  const named = await objectsOf(pool, name, { generation, maker, ranges });
  const wanted = ranges.map((range, index) => {
    const object = named.get(nameOf(range));
    if (object === undefined) throw writtenAnew();
    return { index, object, start: startOf(range), length: lengthOf(range) };
  });
  const found: Buffer[] = Array.from({ length: ranges.length }, () => Buffer.alloc(0));
  const runs = runsOf(wanted);
  const readNext = async (): Promise<void> => {
    for (let run = runs.pop(); run !== undefined; run = runs.pop()) {
      const { object, start, end, parts } = run;
      const bytes = await objects.get(object, { start, length: end - start });
      if (bytes === undefined) throw writtenAnew();
      if (bytes.length !== end - start) throw new RefusedError(416, "a range ends past its object");
      for (const part of parts)
        found[part.index] = bytes.subarray(part.start - start, part.start - start + part.length);
    }
  };
  await Promise.all(Array.from({ length: readersTogether }, readNext));
  return Buffer.concat(found);
}

/** Objects that are read at a time for one request. */
const readersTogether = 6;
/** Ranges that are so near are read together. */
const nearBytes = 4 * 1024;

interface WantedRange {
  readonly index: number;
  readonly object: string;
  readonly start: number;
  readonly length: number;
}

interface Together {
  readonly object: string;
  readonly start: number;
  end: number;
  readonly parts: WantedRange[];
}

/** Puts ranges that lie together in one object into one. */
function runsOf(wanted: readonly WantedRange[]): Together[] {
  const runs: Together[] = [];
  for (const objects of Map.groupBy(wanted, ({ object }) => object).values()) {
    let run: Together | undefined;
    for (const part of objects.toSorted((one, other) => one.start - other.start)) {
      const end = part.start + part.length;
      if (run !== undefined && part.start <= run.end + nearBytes) {
        run.end = Math.max(run.end, end);
        run.parts.push(part);
        continue;
      }
      run = { object: part.object, start: part.start, end, parts: [part] };
      runs.push(run);
    }
  }
  return runs;
}

/** Returns the objects of what is asked for by their names in the request. */
async function objectsOf(
  pool: Pool,
  name: JournalName,
  { generation, maker, ranges }: RangesRequest,
): Promise<Map<string, string>> {
  const packs = [...new Set(ranges.flatMap((range) => (range[0] === "pack" ? [range[1]] : [])))];
  const parts = [...new Set(ranges.flatMap((range) => (range[0] === "part" ? [range[1]] : [])))];
  const found = new Map<string, string>();
  if (packs.length > 0) {
    const { rows } = await pool.query<{ first: number; last: number; object: string }>(
      `SELECT first, last, object FROM pack
      WHERE tenant = $1 AND journal = $2 AND generation = $3 AND first = ANY ($4)`,
      [...keyOf(name), generation, packs],
    );
    for (const { first, last, object } of rows) found.set(`pack ${first} ${last}`, object);
  }
  if (parts.length > 0) {
    const { rows } = await pool.query<{ number: number; object: string }>(
      `SELECT number, object FROM view_part
      WHERE tenant = $1 AND journal = $2 AND maker = $3 AND number = ANY ($4)`,
      [...keyOf(name), maker.slice(0, 100), parts],
    );
    for (const { number, object } of rows) found.set(`part ${number}`, object);
  }
  return found;
}

function nameOf(range: AskedRange): string {
  return range[0] === "pack" ? `pack ${range[1]} ${range[2]}` : `part ${range[1]}`;
}

function startOf(range: AskedRange): number {
  return range[0] === "pack" ? range[3] : range[2];
}

function lengthOf(range: AskedRange): number {
  return range[0] === "pack" ? range[4] : range[3];
}

function writtenAnew(): RefusedError {
  return new RefusedError(410, "the journal was written anew here since it was looked at", {
    hint: "ask again",
  });
}
