import { spawnSync } from "node:child_process";
import {
  lstatSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  readlinkSync,
  rmSync,
  rmdirSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterAll, beforeAll, expect, test } from "vitest";

import { type Seq, rootIno } from "../../../journal/index.ts";
import { type Tree, inodeOf } from "../../../src/fs/index.ts";
import { tapeOf } from "../../../src/history/index.ts";
import { exportDirectory, gitPatch } from "../../../src/host/index.ts";
import type { Recorder } from "../../support/journal.ts";
import { hostSteps as steps } from "../../support/model/mutations.ts";
import { type Recording, changeAsRun, openRecording } from "../../support/recording.ts";
import { patience, scale } from "../../support/scale.ts";
import { tried } from "../../support/tried.ts";
import { anyCharacter } from "../../support/any-character.ts";

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "rewindfs-patch-"));
  git(["init", "-q", "--template="], folder, new Uint8Array(0));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const pairs = 10;

test(
  "git apply makes the new tree of the old one, whatever changed between",
  () => {
    fc.assert(
      fc.property(steps(60), fc.nat(), fc.nat(), (changes, a, b) => {
        const recording = openRecording();
        changeAsRun(recording.fs, changes);
        const head = recording.journal.head() + 1;
        expectToApply(recording, (a % head) as Seq, (b % head) as Seq);
        recording.journal.close();
      }),
      { numRuns: pairs * scale, endOnFailure: true },
    );
    tried("patches between random trees that git applied", pairs * scale);
  },
  patience(60_000),
);

const line = fc.constantFrom(
  "",
  "a",
  "b",
  "c\r",
  " d ",
  "caf\xe9",
  "\\ No newline",
  "--- a",
  "+++ b",
);
const content = fc.oneof(
  { weight: 5, arbitrary: fc.tuple(fc.array(line, { maxLength: 30 }), fc.constantFrom("", "\n")) },
  {
    weight: 1,
    arbitrary: fc.tuple(fc.constant(["\0\x01binary"]), fc.string({ unit: anyCharacter })),
  },
);

test(
  "git apply makes the new content of the old one, text or not, with and without a newline at its end",
  () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(content, content), { maxLength: 8 }), (files) => {
        const recording = openRecording();
        const { recorder, journal } = recording;
        const put = (index: number, [lines, end]: readonly [readonly string[], string]): void =>
          replace(recorder, `/file ${index}`, Buffer.from(lines.join("\n") + end, "latin1"));
        recorder.run("one", [], () => files.forEach(([old], index) => put(index, old)));
        const before = journal.head();
        recorder.run("two", [], () => files.forEach(([, now], index) => put(index, now)));
        expectToApply(recording, before, journal.head());
        journal.close();
      }),
      { numRuns: pairs * scale, endOnFailure: true },
    );
    tried("patches between random contents that git applied", pairs * scale);
  },
  patience(60_000),
);

function replace(recorder: Recorder, path: string, bytes: Uint8Array): void {
  recorder.write(path, bytes);
  recorder.truncate(path, bytes.length);
}

test("a patch tells of renames, links, and names that git quotes", () => {
  const recording = openRecording();
  const { recorder, journal, history } = recording;
  recorder.run("one", [], () => {
    recorder.write("/same", "same\n");
    recorder.write("/edited", "1\n2\n3\n4\n5\n");
    recorder.symlink("/link", "same");
    recorder.write("/gone\twith tab", "x");
  });
  const before = journal.head();
  recorder.run("two", [], () => {
    recorder.rename("/same", "/with space");
    recorder.rename("/edited", "/é");
    recorder.write("/é", "one\n2\n3\n4\n5\n");
    recorder.truncate("/é", 12);
    recorder.remove("/link");
    recorder.symlink("/link", "with space");
    recorder.remove("/gone\twith tab");
    recorder.write("/empty", "");
  });
  expectToApply(recording, before, journal.head());
  const patch = [...gitPatch(history.at(before), history.at(journal.head()), tapeOf(journal))].join(
    "",
  );
  expect(patch.replaceAll(/[0-9a-f]{40}/g, (name) => name.slice(0, 4))).toMatchInlineSnapshot(`
    "diff --git a/empty b/empty
    new file mode 100644
    index 0000..e69d
    diff --git "a/gone\\twith tab" "b/gone\\twith tab"
    deleted file mode 100644
    index c1b0..0000
    --- "a/gone\\twith tab"	
    +++ /dev/null
    @@ -1 +0,0 @@
    -x
    \\ No newline at end of file
    diff --git a/link b/link
    index 5a66..efde 120000
    --- a/link
    +++ b/link
    @@ -1 +1 @@
    -same
    \\ No newline at end of file
    +with space
    \\ No newline at end of file
    diff --git a/same b/with space
    similarity index 100%
    rename from same
    rename to with space
    diff --git a/edited "b/\\303\\251"
    similarity index 66%
    rename from edited
    rename to "\\303\\251"
    index 8a12..1d48 100644
    --- a/edited
    +++ "b/\\303\\251"
    @@ -1,4 +1,4 @@
    -1
    +one
     2
     3
     4
    "
  `);
  journal.close();
});

test("git finds the end of any name in a patch that says it only once", () => {
  const recording = openRecording();
  const { recorder, journal } = recording;
  recorder.run("one", [], () => {
    for (const folder of ["/a ", "/a /b", "/a / ", "/a / /x b"]) recorder.mkdir(folder);
    for (const path of ["/x", "/a /x", "/a /b/ b", "/a b"]) recorder.write(path, "");
    recorder.write("/a / /x b/x", "\0");
  });
  expectToApply(recording, 0 as Seq, journal.head());
  expectToApply(recording, journal.head(), 0 as Seq);
  journal.close();
});

test("names that git refuses are left out of a patch, and told", () => {
  const { recorder, journal, history } = openRecording();
  const refused = ["/.git", "/.GIT ", "/git~1", "/.git\\x", "/x\\.git"];
  recorder.run("one", [], () => {
    for (const path of refused) recorder.write(path, "x\n");
    recorder.symlink("/.gitmodules", "kept");
    recorder.write("/kept", "x\n");
  });
  const skipped: string[] = [];
  const options = { onSkip: ({ path }: { readonly path: string }) => void skipped.push(path) };
  const [before, after] = [history.at(0 as Seq), history.at(journal.head())];
  const patch = Buffer.concat([...gitPatch(before, after, tapeOf(journal), options)]);
  expect(skipped.toSorted()).toEqual([...refused, "/.gitmodules"].toSorted());
  const target = mkdtempSync(join(folder, "refused-"));
  apply(target, patch);
  expect(listOf(target)).toEqual([["kept", "file 780a"]]);
  journal.close();
});

function expectToApply({ history, journal }: Recording, from: Seq, to: Seq): void {
  const [before, after] = [history.at(from), history.at(to)];
  const patch = Buffer.concat([...gitPatch(before, after, tapeOf(journal))]);
  const [target, wanted] = ["target-", "wanted-"].map((name) => mkdtempSync(join(folder, name)));
  if (target === undefined || wanted === undefined) return;
  exportTo(before, journal, target);
  exportTo(after, journal, wanted);
  // Git ignores empty directories, but puts no file in the place of a directory that contains one.
  removeEmpty(target);
  apply(target, patch);
  expect(listOf(target)).toEqual(listOf(wanted));
  rmSync(target, { recursive: true });
  rmSync(wanted, { recursive: true });
}

function removeEmpty(directory: string): void {
  for (const entry of readdirSync(directory, { withFileTypes: true })) {
    const path = join(directory, entry.name);
    if (!entry.isDirectory()) continue;
    removeEmpty(path);
    if (readdirSync(path).length === 0) rmdirSync(path);
  }
}

function exportTo(tree: Tree, journal: Recording["journal"], target: string): void {
  if (inodeOf(tree, rootIno) === undefined) return;
  exportDirectory(tree, journal, target);
}

/** Applies a patch to a folder that is the working tree of a repository of its own. */
function apply(target: string, patch: Uint8Array): void {
  if (patch.length > 0) git(["apply", "--whitespace=nowarn"], target, patch);
}

function git(args: readonly string[], target: string, input: Uint8Array): void {
  const env = {
    PATH: process.env["PATH"],
    GIT_CONFIG_NOSYSTEM: "1",
    GIT_DIR: join(folder, "repository"),
    GIT_WORK_TREE: target,
    HOME: folder,
    LANG: "C",
  };
  const { status, stderr } = spawnSync("git", args, { cwd: target, env, input });
  if (status !== 0) throw new Error(`git ${args[0]}: ${String(stderr)}`);
}

/** Lists all files and links with their contents; git keeps no directories. */
function listOf(target: string): (readonly [string, string])[] {
  return [...entriesIn(target)]
    .map((path) => {
      const held = lstatSync(path).isSymbolicLink()
        ? `link ${readlinkSync(path)}`
        : `file ${readFileSync(path).toString("hex")}`;
      return [path.slice(target.length + 1), held] as const;
    })
    .toSorted(([one], [other]) => (one < other ? -1 : 1));
}

/** Lists entries; readdir's own recursion follows links, even in a circle. */
function* entriesIn(directory: string): Generator<string> {
  for (const entry of readdirSync(directory, { withFileTypes: true })) {
    const path = join(directory, entry.name);
    if (entry.isDirectory()) yield* entriesIn(path);
    else yield path;
  }
}
