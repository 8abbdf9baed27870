import * as fc from "fast-check";
import { expect, test } from "vitest";

import { type Event, type Extent, type Ino, type Seq, rootIno } from "../../../journal/index.ts";
import { blame, blameLines, lookup, tapeOf, walk } from "../../../src/history/index.ts";
import { inodeOf } from "../../../src/fs/index.ts";
import { steps } from "../../support/model/mutations.ts";
import { changeAsRun, openRecording } from "../../support/recording.ts";
import { scale } from "../../support/scale.ts";

test("blame says of each byte what a replay that tags each byte says", () => {
  fc.assert(
    fc.property(steps(50), (changes) => {
      const { fs, journal, history } = openRecording();
      changeAsRun(fs, changes);
      const head = journal.head();
      const tree = history.at(head);
      const tags = tagged(journal.events(1 as Seq, head));
      const root = inodeOf(tree, rootIno);
      if (root === undefined) throw new Error("there is no root");
      for (const { inode } of walk(tree, root, "/")) {
        if (inode.type !== "file") continue;
        const bytes = tags.get(inode.ino) ?? [];
        const blamed = blame(journal, inode, head).flatMap(({ start, end, seq, source }) =>
          Array.from({ length: end - start }, () => `${source} ${seq}`),
        );
        expect(blamed).toEqual(bytes);
      }
      journal.close();
    }),
    { numRuns: 10 * scale },
  );
});

test("a part of a file is blamed as it is in the whole, in spans that leave no gap", () => {
  const { recorder, history, journal } = openRecording();
  recorder.run("guest", [], () => {
    recorder.write("/file", "a".repeat(300));
    for (let turn = 0; turn < 90; turn += 1) recorder.write("/file", "bb", turn * 3);
    recorder.truncate("/file", 500);
    recorder.rename("/file", "/other");
  });
  const file = lookup(history.at(journal.head()), "/other");
  if (file?.type !== "file") throw new Error("there is no file");
  const spans = blame(journal, file, journal.head());
  expect(spans[0]?.start).toBe(0);
  for (const [index, span] of spans.entries()) {
    expect(span.end).toBe(spans[index + 1]?.start ?? 500);
  }
  expect(spans.at(-1)).toMatchObject({ source: "hole", start: 300 });
  const part = blame(journal, file, journal.head(), 10, 20);
  expect(part[0]?.start).toBe(10);
  expect(part.at(-1)?.end).toBe(20);
});

test("a span tells the lines that its first and its last byte stand in", () => {
  const { recorder, history, journal } = openRecording();
  recorder.run("guest", [], () => {
    recorder.write("/file", "one\ntwo\nthree\n");
    recorder.write("/file", "TWO\nTHREE", 4);
  });
  const file = lookup(history.at(journal.head()), "/file");
  if (file?.type !== "file") throw new Error("there is no file");
  const spans = blameLines(file, blame(journal, file, journal.head()), tapeOf(journal));
  expect(spans.map(({ firstLine, lastLine }) => [firstLine, lastLine])).toEqual([
    [1, 1],
    [2, 3],
    [3, 3],
  ]);
});

/** Returns the author of each byte, by file. */
function tagged(events: readonly Event[]): Map<Ino, string[]> {
  const files = new Map<Ino, string[]>();
  const onTape: string[] = [];
  for (const event of events) {
    if (event.kind === "create") files.set(event.ino, []);
    if (event.kind === "write") {
      const file = grown(files, event, event.offset);
      for (let at = 0; at < event.length; at += 1) {
        onTape[event.tape + at] = `write ${event.seq}`;
        file[event.offset + at] = `write ${event.seq}`;
      }
    }
    if (event.kind === "set-size") grown(files, event, event.size).length = event.size;
    if (event.kind === "revert") {
      const file = Array.from({ length: event.size }, () => `hole ${event.seq}`);
      for (const extent of event.extents) fillFrom(file, extent, onTape);
      files.set(event.ino, file);
    }
  }
  return files;
}

function grown(
  files: Map<Ino, string[]>,
  event: Event & { readonly ino: Ino },
  size: number,
): string[] {
  const file = files.get(event.ino) ?? [];
  files.set(event.ino, file);
  while (file.length < size) file.push(`hole ${event.seq}`);
  return file;
}

function fillFrom(
  file: string[],
  { offset, length, tape }: Extent,
  onTape: readonly string[],
): void {
  if (tape === "hole") return;
  for (let at = 0; at < length; at += 1) file[offset + at] = onTape[tape + at] ?? "nothing";
}
