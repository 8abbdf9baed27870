import {
  chmodSync,
  linkSync,
  mkdirSync,
  readdirSync,
  renameSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { dirname, join } from "node:path";
import { expect, test } from "vitest";

import { type Name, rootIno } from "../../../journal/index.ts";
import { FsError } from "../../../src/fs/index.ts";
import { lookup, walk } from "../../../src/history/index.ts";
import { type ImportOptions, importDirectory } from "../../../src/host/index.ts";
import { dump } from "../../support/dump/dump.ts";
import { Random, seedOf } from "../../support/random.ts";
import { type Recording, openRecording } from "../../support/recording.ts";
import { withTemporary } from "../../support/temporary.ts";

/** No file counts as changed a moment ago. */
const later = () => 2n ** 62n;

/** Makes a folder of several hundred entries: inodes of a list are in pages of 32. */
function fill(host: string): void {
  for (let directory = 0; directory < 8; directory += 1) {
    const at = join(host, `d${directory}`, ...(directory % 2 === 0 ? ["in", "ner"] : []));
    mkdirSync(at, { recursive: true });
    for (let file = 0; file < 50; file += 1) writeFileSync(join(at, `f${file}`), `${file}\n`);
    symlinkSync("f1", join(at, "link"));
    linkSync(join(at, "f2"), join(at, "same-as-f2"));
  }
  writeFileSync(join(host, ".gitignore"), "*.log\n");
}

interface Sides {
  readonly recording: Recording;
  readonly take: (options?: ImportOptions) => object;
}

function sidesOf(host: string, bytes: "now" | "when needed"): Sides {
  const recording = openRecording();
  const { fs, history } = recording;
  const take = (options: ImportOptions = {}) => {
    const told: string[] = [];
    const { conflicts, resolved, kept, removed, secrets, ...summary } = importDirectory(
      fs,
      host,
      "/in",
      {
        history,
        bytes,
        now: later,
        exclude: { ignored: "leave", rules: [] },
        onSkip: ({ path, reason }) => told.push(`${path}: ${reason}`),
        onExclude: ({ path }) => told.push(path),
        ...options,
      },
    );
    const { added, unchanged, updated, files, directories, symlinks } = summary;
    // A file whose bytes were never read may be another if its record says so.
    const counts = { added, known: unchanged + updated, files, directories, symlinks };
    return { conflicts, resolved, kept, removed, secrets, counts, told };
  };
  return { recording, take };
}

/** Returns everything in a recording; times that its own clock gave are not compared. */
function stateOf({ fs, journal }: Recording): string[] {
  const top = lookup(fs.tree, "/in");
  const modes = top === undefined ? [] : [...walk(fs.tree, top, "")];
  return dump(fs.tree, journal, "/in").map((line, index) => {
    const inode = modes[index]?.inode;
    const mode = inode !== undefined && "mode" in inode ? inode.mode : undefined;
    return `${line.replace(/ \d{1,12}$/, " then")} ${mode}`;
  });
}

type Change = (host: string, paths: readonly string[], random: Random) => void;

/** Changes that a user makes to what a file holds. */
const users: readonly Change[] = [
  (host, paths, random) =>
    writeFileSync(join(host, random.pick(paths)), `user ${random.below(9)}\n`),
  (host, paths, random) => rmSync(join(host, random.pick(paths)), { recursive: true }),
  (host, paths, random) =>
    writeFileSync(join(host, dirname(random.pick(paths)), `new${random.below(9)}`), "new\n"),
  (host, paths, random) =>
    renameSync(join(host, random.pick(paths)), join(host, random.pick(paths))),
  (host, paths, random) => writeFileSync(join(host, dirname(random.pick(paths)), "a.log"), "log"),
  (host, paths, random) => {
    const path = join(host, random.pick(paths));
    // Of a directory that a conflict keeps, most bytes were never read.
    rmSync(path);
    symlinkSync("elsewhere", path);
  },
];

/** Changes that a user makes to the record of a file alone. */
const touches: readonly Change[] = [
  (host, paths, random) => chmodSync(join(host, random.pick(paths)), 0o600),
  (host, paths, random) => utimesSync(join(host, random.pick(paths)), 5, random.below(9)),
  (host, paths, random) => linkSync(join(host, random.pick(paths)), join(host, "linked")),
];

/** Changes that a program makes, in the same way in each recording. What stays is written to: only then are bytes sure to be there. */
const programs: readonly ((sides: Recording, path: string, value: number) => void)[] = [
  ({ recorder }, path, value) => recorder.write(`/in/${path}`, `program ${value}\n`),
  ({ recorder }, path) => recorder.remove(`/in/${path}`),
  ({ recorder }, path) => recorder.write(`/in/${dirname(path)}/made`, "made\n"),
  ({ recorder }, path) => {
    recorder.write(`/in/${path}`, "moved\n");
    recorder.rename(`/in/${path}`, `/in/${dirname(path)}/moved`);
  },
  ({ recorder, fs }, path) => {
    recorder.write(`/in/${path}`, "mode\n");
    const place = fs.resolve(rootIno, `in/${path}` as Name, "keep");
    if (place.at === "entry" && place.ino !== undefined)
      fs.perform({ kind: "set-mode", ino: place.ino, mode: 0o640 });
  },
];

function pathsIn(host: string): string[] {
  return readdirSync(host, { recursive: true, encoding: "utf8" }).sort();
}

/** Places of another folder in the first one, of which it is no part. */
const nestedAt = ["/in/other", "/in/d1/other", "/in/d2/in/other"];

function importWithin(both: readonly Sides[], nested: string, guest: string): void {
  mkdirSync(nested);
  writeFileSync(join(nested, "f1"), "of the other\n");
  for (const { recording } of both)
    importDirectory(recording.fs, nested, guest, { history: recording.history, now: later });
}

test("whatever user and program change, a listed folder is imported again as a copied one is", () => {
  const seed = seedOf();
  const random = new Random(seed);
  withTemporary((directory) => {
    const host = join(directory, "work");
    fill(host);
    const both = [sidesOf(host, "when needed"), sidesOf(host, "now")] as const;
    for (const { take } of both) take();
    if (random.below(2) === 0) importWithin(both, join(directory, "nested"), random.pick(nestedAt));
    const touched = new Set<string>();
    for (let turn = 0; turn < 4; turn += 1) {
      // While the host is as it was imported: what a program writes to is read first.
      for (let count = random.below(3); count > 0; count -= 1) {
        const [change, path, value] = [
          random.pick(programs),
          random.pick(pathsIn(host)),
          random.below(9),
        ];
        touched.add(path);
        for (const { recording } of both)
          recording.recorder.run("program", [], () => {
            try {
              change(recording, path, value);
            } catch (error) {
              if (!(error instanceof FsError) && !String(error).includes(" is no")) throw error;
            }
          });
      }
      for (let count = random.below(4); count > 0; count -= 1) {
        try {
          random.pick(users)(host, pathsIn(host), random);
          const own = pathsIn(host).filter((path) => !touched.has(path));
          random.pick(touches)(host, own, random);
        } catch (error) {
          if (!(error instanceof Error && "syscall" in error)) throw error;
        }
      }
      const [listed, copied] = both;
      expect(listed.take(), `seed ${seed}`).toEqual(copied.take());
      expect(stateOf(listed.recording), `seed ${seed}`).toEqual(stateOf(copied.recording));
    }
  });
});
