import { expect, test } from "vitest";

import { encodePack, openPacking, openReader } from "../../../journal/index.ts";
import { headLengthOf } from "../../../journal/pack/pack.ts";
import {
  type Directory,
  decodeDirectory,
  encodeDirectory,
} from "../../../journal/sparse/directory.ts";
import {
  packNumbers,
  packPlaces,
  packPostings,
  unpackNumbers,
  unpackPlaces,
  unpackPostings,
} from "../../../journal/sparse/parts.ts";
import { decodeView, encodeView } from "../../../journal/sparse/view.ts";
import { openRecording } from "../../support/recording.ts";
import { scratch } from "../support.ts";

const file = scratch();

/** A list that takes no memory. */
function listOf<T>(length: number, one: (index: number) => T): T[] {
  return {
    length,
    *[Symbol.iterator]() {
      for (let index = 0; index < length; index += 1) yield one(index);
    },
  } as unknown as T[];
}

test("a view that lists more than fits in memory is refused before it takes any", () => {
  const path = file("few.db");
  const { journal, recorder } = openRecording(path);
  recorder.run("job", [], () => recorder.write("/a", "a"));
  journal.commit();
  journal.close();
  const reader = openReader(path);
  const pack = openPacking(reader, { events: 100, bytes: 1024 }).after(0);
  reader.close();
  if (pack === undefined) throw new TypeError("the journal is empty");
  const { id, created } = pack;
  const bytes = encodePack(pack);
  const head = bytes.subarray(0, headLengthOf(bytes));
  const viewWith = (count: number, step: number) =>
    encodeView({
      id,
      created,
      packs: [head],
      controls: Buffer.alloc(0),
      snapshots: listOf(count, (index) => ({ seq: 1 + index * step, base: 1 })),
      directory: Buffer.alloc(0),
    });
  expect(decodeView(viewWith(2, 1)).snapshots.map(({ seq }) => seq)).toEqual([1, 2]);
  expect(() => decodeView(viewWith(2, 0))).toThrow(/snapshot of no event/);
  expect(() => decodeView(viewWith(4_000_000, 1))).toThrow(/more parts than can be read/);
});

test("a directory that lists more than fits in memory is refused before it takes any", () => {
  const place = { object: 0, start: 0, length: 1, digest: Buffer.alloc(32) };
  const directoryWith = (count: number): Directory => ({
    frames: [],
    tapeDigests: [],
    postings: [],
    places: listOf(count, () => place),
    lastPlace: 0,
    replacements: [],
    processes: [],
    snapshots: [],
    pages: new Map(),
  });
  expect(decodeDirectory(encodeDirectory(directoryWith(3))).places).toHaveLength(3);
  expect(() => decodeDirectory(encodeDirectory(directoryWith(1_800_000)))).toThrow(
    /more parts than can be read/,
  );
});

test("a part has no more entries than one that was cut", () => {
  const places = (count: number) => packPlaces(listOf(count, (index) => [index + 1, 1, "a"]));
  expect(unpackPlaces(places(4_096))).toHaveLength(4_096);
  expect(() => unpackPlaces(places(4_097))).toThrow(/longer than its part/);
  const postings = (count: number) =>
    packPostings(listOf(count, (index) => [index, 0, Buffer.alloc(0)]));
  expect(unpackPostings(postings(100))).toHaveLength(100);
  expect(() => unpackPostings(postings(300_000))).toThrow(/longer than its part/);
  expect(unpackNumbers(packNumbers([1, 2, 3]), 3)).toEqual([1, 2, 3]);
  expect(() => unpackNumbers(packNumbers([1, 2, 3]), 2)).toThrow(/longer than its part/);
});
