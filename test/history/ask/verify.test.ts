import * as fc from "fast-check";
import { expect, test } from "vitest";

import { type Draft, type Ino, type Name, rootIno } from "../../../journal/index.ts";
import { verifyStates } from "../../../src/history/index.ts";
import { steps } from "../../support/model/mutations.ts";
import { openRandomWorld } from "../../support/model/random-world.ts";
import { seedOf } from "../../support/random.ts";
import { changeAsRun, openRecording } from "../../support/recording.ts";
import { scale } from "../../support/scale.ts";

test("whatever was recorded fits", () => {
  fc.assert(
    fc.property(steps(60), (changes) => {
      const { fs, journal } = openRecording();
      changeAsRun(fs, changes);
      expect(verifyStates(journal)).toBeUndefined();
      journal.close();
    }),
    { numRuns: 40 * scale },
  );
});

const seed = seedOf();
test(`what a guest did with open, nameless files fits too (seed ${seed})`, () => {
  const world = openRandomWorld(seed);
  for (let call = 0; call < 2_000; call += 1) world.step();
  world.fs.end({ exit: 0 });
  expect(verifyStates(world.journal)).toBeUndefined();
});

const file = 3 as Ino;
const directory = 2 as Ino;
const entry = (name: string, ino: Ino) => ({
  ino,
  path: `/${name}`,
  parent: rootIno,
  name: name as Name,
});

test.each<[string, Draft]>([
  ["inode 3 is there already", { kind: "create", ...entry("new", file) }],
  ["the path is taken", { kind: "create", ...entry("file", 9 as Ino) }],
  [
    "inode 3 is no directory",
    { kind: "create", ...entry("file/x", 9 as Ino), parent: file, name: "x" as Name },
  ],
  ["its path should be /new", { kind: "create", ...entry("new", 9 as Ino), path: "/else/new" }],
  ["a directory has one name", { kind: "link", ...entry("new", directory) }],
  ["inode 9 has no name", { kind: "link", ...entry("new", 9 as Ino) }],
  ["it is a directory", { kind: "unlink", ...entry("full", directory), kept: false }],
  ["the directory is not empty", { kind: "rmdir", ...entry("full", directory), kept: false }],
  ["inode 9 is not there", { kind: "unlink", ...entry("file", 9 as Ino), kept: false }],
  [
    "a directory cannot go into itself",
    {
      kind: "rename",
      ...entry("full", directory),
      toParent: directory,
      toName: "x" as Name,
      to: "/full/x",
    },
  ],
  [
    "4 stands at its new path",
    {
      kind: "rename",
      ...entry("file", file),
      toParent: directory,
      toName: "in" as Name,
      to: "/full/in",
    },
  ],
  ["inode 2 is a directory", { kind: "set-size", ino: directory, path: "/full", size: 1 }],
  ["inode 9 is not in the tree", { kind: "set-times", ino: 9 as Ino, path: "/nine", mtime: 1n }],
  [
    "its extents are not on the tape",
    {
      kind: "revert",
      ino: file,
      path: "/file",
      size: 9,
      extents: [{ offset: 0, length: 9, tape: 1_000 as never }],
    },
  ],
  [
    "its extents are longer than its size",
    {
      kind: "revert",
      ino: file,
      path: "/file",
      size: 1,
      extents: [{ offset: 0, length: 2, tape: "hole" }],
    },
  ],
])("an event that cannot be is found: %s", (reason, draft) => {
  const { recorder, journal, fs } = openRecording();
  recorder.run("guest", [], () => {
    recorder.mkdir("/full");
    recorder.write("/file", "content");
    recorder.write("/full/in", "content");
  });
  fs.begin({ cause: "library", guest: "forger", args: [], environment: [], digest: "" });
  const { seq } = journal.append(draft);
  expect(verifyStates(journal)).toMatchObject({ seq, reason });
});
