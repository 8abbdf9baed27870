import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";

import { rootIno } from "../../../journal/index.ts";
import type { Command } from "../../../src/fs/index.ts";
import { lookup, readRange, tapeOf } from "../../../src/history/index.ts";
import { type ImportOptions, importDirectory } from "../../../src/host/index.ts";
import { noise } from "../../journal/support.ts";
import { type Recording, openRecording } from "../../support/recording.ts";
import { withTemporary } from "../../support/temporary.ts";

const size = 1_500_000;
const content = noise(size, 1);

/** Returns the bytes that an import added to the tape. */
function added(recording: Recording, host: string, guest: string, options?: ImportOptions): number {
  const before = recording.journal.tapeLength(recording.journal.head());
  importDirectory(recording.fs, host, guest, options);
  return recording.journal.tapeLength(recording.journal.head()) - before;
}

function contentAt({ fs, journal }: Recording, path: string): Uint8Array {
  const file = lookup(fs.tree, path);
  if (file?.type !== "file") throw new Error(`${path} is no file`);
  return readRange(file, tapeOf(journal));
}

function change({ fs }: Recording, command: Command, text?: string): void {
  fs.begin({ cause: "library", guest: "test", args: [], environment: [], digest: "" });
  fs.perform(command, text === undefined ? undefined : Buffer.from(text));
  fs.end({ exit: 0 });
}

test("a large file with the bytes of another one comes in without them, and only one that has all of them", () => {
  withTemporary((host) => {
    mkdirSync(join(host, "d"));
    const late = Buffer.from(content);
    late[size - 1] = (late[size - 1] ?? 0) ^ 1;
    for (const name of ["a", "d/b"]) writeFileSync(join(host, name), content);
    writeFileSync(join(host, "late"), late);
    writeFileSync(join(host, "longer"), Buffer.concat([content, Buffer.of(1)]));
    for (const name of ["small", "small too"])
      writeFileSync(join(host, name), content.subarray(0, 60_000));
    const recording = openRecording();
    expect(added(recording, host, "/one")).toBe(3 * size + 1 + 2 * 60_000);
    expect(added(recording, host, "/two")).toBe(2 * 60_000);
    const held = ["a", "d/b", "late", "longer", "small"].map((name) => [
      Buffer.compare(contentAt(recording, `/two/${name}`), contentAt(recording, `/one/${name}`)),
      Buffer.compare(contentAt(recording, `/two/${name}`), content),
    ]);
    expect(held).toEqual([
      [0, 0],
      [0, 0],
      [0, Buffer.compare(late, content)],
      [0, 1],
      [0, -1],
    ]);
    expect(added(recording, host, "/three", { copies: "separate" })).toBe(4 * size + 1 + 120_000);
  });
});

test("a file whose twin was changed meanwhile keeps its bytes, and one that is changed leaves its twin", () => {
  withTemporary((host) => {
    writeFileSync(join(host, "f"), content);
    const recording = openRecording();
    expect(added(recording, join(host, "f"), "/f")).toBe(size);
    expect(added(recording, join(host, "f"), "/g")).toBe(0);
    const inoOf = (path: string) => lookup(recording.fs.tree, path)?.ino ?? rootIno;
    change(recording, { kind: "write", ino: inoOf("/f"), offset: 5, length: 3 }, "new");
    expect(Buffer.compare(contentAt(recording, "/g"), content)).toBe(0);
    expect(added(recording, join(host, "f"), "/h")).toBe(0);
    change(recording, { kind: "set-size", ino: inoOf("/g"), size: size - 1 });
    expect(added(recording, join(host, "f"), "/i")).toBe(0);
    expect(Buffer.compare(contentAt(recording, "/i"), content)).toBe(0);
  });
});
