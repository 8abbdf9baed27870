import { execFileSync } from "node:child_process";
import {
  chmodSync,
  linkSync,
  lstatSync,
  mkdirSync,
  rmSync,
  symlinkSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { join, relative } from "node:path";
import Database from "better-sqlite3";
import { expect, test } from "vitest";

import { openWriter } from "../../../journal/index.ts";
import { lookup, readRange, tapeOf } from "../../../src/history/index.ts";
import {
  HostError,
  type ImportOptions,
  type Skip,
  importDirectory,
} from "../../../src/host/index.ts";
import { dump } from "../../support/dump/dump.ts";
import { type Recording, openRecording } from "../../support/recording.ts";
import { withTemporary } from "../../support/temporary.ts";

test("an import keeps times that 63 bits of nanoseconds do not hold", () => {
  withTemporary((host) => {
    writeFileSync(join(host, "f"), "");
    // 2400-01-01, which ext4 supports too.
    utimesSync(join(host, "f"), 13_569_465_600, 13_569_465_600);
    const recording = openRecording();
    take(recording, host, "/in");
    const file = lookup(recording.fs.tree, "/in/f");
    expect(file).toMatchObject({ mtime: 13_569_465_600n * 1_000_000_000n });
  });
});

test("an import copies files, directories, symlinks, hard links and times", () => {
  withTemporary((host) => {
    mkdirSync(join(host, "d"));
    writeFileSync(join(host, "d", "f"), "content");
    linkSync(join(host, "d", "f"), join(host, "z"));
    symlinkSync("../elsewhere", join(host, "d", "l"));
    symlinkSync("/etc/passwd", join(host, "absolute"));
    utimesSync(join(host, "z"), 1000, 2000.5);
    const recording = openRecording();
    const { imported } = take(recording, host, "/in/here");
    expect(imported).toMatchObject({
      files: 2,
      directories: 2,
      symlinks: 2,
      bytes: 7,
      added: 6,
      skipped: 0,
      onto: "nothing",
      guest: "/in/here",
      host,
    });
    expect(contentOf(recording, "/in/here/d/f")).toBe("content");
    const file = lookup(recording.fs.tree, "/in/here/z");
    expect(file).toBe(lookup(recording.fs.tree, "/in/here/d/f"));
    expect([file?.atime, file?.mtime]).toEqual([1_000_000_000_000n, 2_000_500_000_000n]);
    expect(lookup(recording.fs.tree, "/in/here/d/l")).toMatchObject({ target: "../elsewhere" });
    expect(lookup(recording.fs.tree, "/in/here/absolute")).toMatchObject({ target: "/etc/passwd" });
    const { mtimeNs } = lstatSync(join(host, "d"), { bigint: true });
    expect(lookup(recording.fs.tree, "/in/here/d")?.mtime).toBe(mtimeNs);
  });
});

test("the run of an import tells which host directory belongs to which path", () => {
  withTemporary((host) => {
    const { fs, journal } = openRecording();
    const { run, first, last } = importDirectory(fs, host, "/in");
    expect(journal.run(run)).toMatchObject({
      first,
      last,
      start: { cause: "import", guest: host, args: [host, "/in"] },
      end: { exit: 0 },
    });
  });
});

test("an import goes on past what it cannot read, and says why", () => {
  withTemporary((host) => {
    execFileSync("mkfifo", [join(host, "pipe")]);
    writeFileSync(Buffer.concat([Buffer.from(join(host, "bad")), Buffer.from([0xff])]), "x");
    writeFileSync(join(host, "fine"), "fine");
    writeFileSync(join(host, "secret"), "x");
    chmodSync(join(host, "secret"), 0);
    const recording = openRecording();
    const { imported, skips } = take(recording, host, "/in");
    const asRoot = process.getuid?.() === 0;
    expect(skips).toEqual([
      { path: join(host, "bad\uFFFD"), reason: "its name is not UTF-8" },
      { path: join(host, "pipe"), reason: "it is a pipe" },
      ...(asRoot ? [] : [{ path: join(host, "secret"), reason: "permission denied" }]),
    ]);
    expect(imported.skipped).toBe(skips.length);
    expect(contentOf(recording, "/in/fine")).toBe("fine");
  });
});

test("a symlink to a directory is imported as a link and never entered", () => {
  withTemporary((host) => {
    mkdirSync(join(host, "in"));
    mkdirSync(join(host, "out"));
    writeFileSync(join(host, "out", "secret"), "x");
    symlinkSync("../out", join(host, "in", "way"));
    const recording = openRecording();
    take(recording, join(host, "in"), "/in");
    expect(lookup(recording.fs.tree, "/in/way/secret")).toBeUndefined();
    expect(lookup(recording.fs.tree, "/in/way")).toMatchObject({ type: "symlink" });
  });
});

test("a second import updates what differs by content, and keeps what the host lacks", () => {
  withTemporary((host) => {
    for (const name of ["same", "changed", "shrunk", "gone"]) {
      writeFileSync(join(host, name), "x".repeat(100_000));
    }
    const recording = openRecording();
    take(recording, host, "/in");
    const tape = recording.journal.tapeLength(recording.journal.head());
    const text = `${"x".repeat(50_000)}yy${"x".repeat(49_998)}`;
    writeFileSync(join(host, "changed"), text);
    truncateSync(join(host, "shrunk"), 10);
    writeFileSync(join(host, "new"), "new");
    rmSync(join(host, "gone"));
    const { imported } = take(recording, host, "/in");
    expect(imported).toMatchObject({
      onto: "existing",
      added: 1,
      updated: 3,
      unchanged: 1,
      removed: 0,
    });
    expect(contentOf(recording, "/in/changed")).toBe(text);
    expect(contentOf(recording, "/in/shrunk")).toBe("x".repeat(10));
    expect(lookup(recording.fs.tree, "/in/gone")).toBeDefined();
    expect(recording.journal.tapeLength(recording.journal.head()) - tape).toBe(2 + 3);
    expect(take(recording, host, "/in", { extra: "delete" }).imported.removed).toBe(1);
    expect(lookup(recording.fs.tree, "/in/gone")).toBeUndefined();
  });
});

test("a second import of the same tree changes nothing", () => {
  withTemporary((host) => {
    mkdirSync(join(host, "d"));
    for (const name of ["a", "b"]) writeFileSync(join(host, "d", name), "same");
    linkSync(join(host, "d", "a"), join(host, "d", "c"));
    symlinkSync("a", join(host, "d", "l"));
    const recording = openRecording();
    const { imported } = take(recording, host, "/in");
    const before = dump(recording.fs.tree, recording.journal, "/");
    const again = take(recording, host, "/in").imported;
    expect(again.last - again.first).toBe(1);
    expect(again.unchanged).toBe(imported.added);
    expect(dump(recording.fs.tree, recording.journal, "/")).toEqual(before);
  });
});

test("an import takes a link apart that the host does not have", () => {
  withTemporary((host) => {
    for (const name of ["a", "b"]) writeFileSync(join(host, name), "same");
    const recording = openRecording();
    take(recording, host, "/in");
    const { fs, recorder } = recording;
    recorder.run("link", [], () => {
      recorder.remove("/in/b");
      const a = lookup(fs.tree, "/in/a");
      const directory = lookup(fs.tree, "/in");
      if (a === undefined || directory === undefined) throw new Error("nothing was imported");
      fs.perform({ kind: "link", ino: a.ino, parent: directory.ino, name: "b" as never });
    });
    writeFileSync(join(host, "b"), "other");
    take(recording, host, "/in");
    expect([contentOf(recording, "/in/a"), contentOf(recording, "/in/b")]).toEqual([
      "same",
      "other",
    ]);
  });
});

test("a directory is not replaced by a file unless extra entries are to be deleted", () => {
  withTemporary((host) => {
    writeFileSync(join(host, "x"), "file");
    const recording = openRecording();
    recording.recorder.run("make", [], () => {
      recording.recorder.mkdir("/in");
      recording.recorder.mkdir("/in/x");
      recording.recorder.write("/in/x/y", "y");
    });
    expect(take(recording, host, "/in").skips).toEqual([
      { path: join(host, "x"), reason: "/in/x is a directory that it would replace" },
    ]);
    take(recording, host, "/in", { extra: "delete" });
    expect(contentOf(recording, "/in/x")).toBe("file");
  });
});

test("holes of a sparse file take no tape", () => {
  withTemporary((host) => {
    writeFileSync(join(host, "sparse"), "start");
    truncateSync(join(host, "sparse"), 40_000_000);
    const recording = openRecording();
    take(recording, host, "/in");
    const file = lookup(recording.fs.tree, "/in/sparse");
    expect(file).toMatchObject({ content: { size: 40_000_000 } });
    expect(recording.journal.tapeLength(recording.journal.head())).toBeLessThan(100_000);
  });
});

test("one file can be imported, by its own name into a directory", () => {
  withTemporary((host) => {
    writeFileSync(join(host, "f"), "one");
    const recording = openRecording();
    take(recording, join(host, "f"), "/a/renamed");
    take(recording, join(host, "f"), "/a/");
    expect(contentOf(recording, "/a/renamed")).toBe("one");
    expect(contentOf(recording, "/a/f")).toBe("one");
  });
});

test("what is to be left out is left out", () => {
  withTemporary((host) => {
    writeFileSync(join(host, "rewind.db"), "journal");
    writeFileSync(join(host, "f"), "f");
    const recording = openRecording();
    take(recording, host, "/", {
      leaveOut: [join(host, "rewind.db"), join(host, "rewind.db-wal")],
    });
    expect(lookup(recording.fs.tree, "/rewind.db")).toBeUndefined();
    expect(contentOf(recording, "/f")).toBe("f");
  });
});

test("a file of the journal's own that comes while it is imported is left out", () => {
  withTemporary((host) => {
    // So many that progress is reported before the last.
    for (let count = 0; count < 600; count += 1) writeFileSync(join(host, `f${count}`), "");
    const late = join(host, "run.db-journal");
    const recording = openRecording();
    writeFileSync(late, "before");
    const { imported } = take(recording, host, "/", {
      leaveOut: [late],
      onProgress() {
        rmSync(late);
        writeFileSync(late, "another");
      },
    });
    expect(imported.files).toBe(600);
    expect(lookup(recording.fs.tree, "/run.db-journal")).toBeUndefined();
  });
});

test("the key by which rewindfs knows its own records is left out under whatever name", () => {
  withTemporary((host) => {
    const { XDG_STATE_HOME: usual } = process.env;
    process.env["XDG_STATE_HOME"] = join(host, "state");
    try {
      mkdirSync(join(host, "state", "rewindfs"), { recursive: true });
      writeFileSync(join(host, "state", "rewindfs", "key"), "k".repeat(32));
      linkSync(join(host, "state", "rewindfs", "key"), join(host, "notes.txt"));
      writeFileSync(join(host, "f"), "f");
      const recording = openRecording();
      const { leftOut } = take(recording, host, "/");
      expect(pathsBelow(host, leftOut)).toEqual(["notes.txt", "state/rewindfs/key"]);
      expect(contentOf(recording, "/f")).toBe("f");
    } finally {
      process.env["XDG_STATE_HOME"] = usual;
    }
  });
});

test("a key is left out under whatever name, and told of", () => {
  withTemporary((host) => {
    mkdirSync(join(host, "src"));
    mkdirSync(join(host, "keys"));
    writeFileSync(join(host, "keys", "real.pem"), "secret");
    linkSync(join(host, "keys", "real.pem"), join(host, "src", "hard.txt"));
    symlinkSync("../keys/real.pem", join(host, "src", "key.pem"));
    writeFileSync(join(host, "src", "f"), "f");
    for (const given of ["src/key.pem", "keys/real.pem", "src/hard.txt"]) {
      const recording = openRecording();
      const { leftOut, skips } = take(recording, host, "/", { keys: [join(host, given)] });
      expect(pathsBelow(host, leftOut)).toEqual(["keys/real.pem", "src/hard.txt"]);
      expect(leftOut[0]?.reason).toBe("it is the key that signs");
      expect(skips).toEqual([]);
      expect(contentOf(recording, "/src/f")).toBe("f");
      expect(lookup(recording.fs.tree, "/src/hard.txt")).toBeUndefined();
      const alone = openRecording();
      take(alone, join(host, given), "/k", { keys: [join(host, "keys/real.pem")] });
      expect(lookup(alone.fs.tree, "/k")).toBeUndefined();
    }
  });
});

test("other journals and what stands beside them are left out and told of, unless they are named", () => {
  withTemporary((host) => {
    const other = join(host, "other.sqlite");
    openWriter(other).close();
    for (const end of ["-tail", "-tail-stray", "-lock-repair", "-journal", "-notes"])
      writeFileSync(`${other}${end}`, "x");
    writeFileSync(join(host, "alone-tail"), "x");
    const database = new Database(join(host, "database.sqlite"));
    database.exec("CREATE TABLE t (x)");
    database.close();
    const recording = openRecording();
    const { leftOut } = take(recording, host, "/");
    expect(pathsBelow(host, leftOut)).toEqual([
      "other.sqlite",
      "other.sqlite-journal",
      "other.sqlite-lock-repair",
      "other.sqlite-tail",
      "other.sqlite-tail-stray",
    ]);
    expect(leftOut.at(-1)?.reason).toBe("it belongs to the rewindfs journal other.sqlite");
    for (const name of ["alone-tail", "database.sqlite", "other.sqlite-notes"])
      expect(lookup(recording.fs.tree, `/${name}`)?.type).toBe("file");
    expect(take(recording, other, "/named").leftOut).toEqual([]);
    expect(lookup(recording.fs.tree, "/named")?.type).toBe("file");
  });
});

test("a limit that every later path would hit ends the import and its run", () => {
  withTemporary((host) => {
    for (let count = 0; count < 10; count += 1) writeFileSync(join(host, `f${count}`), "x");
    const recording = openRecording(":memory:", { inodes: 5 });
    expect(errorOf(() => take(recording, host, "/in"))).toMatchObject({ code: "limit" });
    expect(recording.journal.runs().at(-1)?.end).toMatchObject({ exit: 1 });
  });
});

test("what is missing on the host is told before anything is recorded", () => {
  withTemporary((host) => {
    const recording = openRecording();
    expect(errorOf(() => take(recording, join(host, "none"), "/in"))).toMatchObject({
      code: "missing",
    });
    expect(recording.journal.head()).toBe(0);
  });
});

test.each(["../in", "/in/../..", "/in\0"])(
  "a path that leads out is none to import to: %j",
  (guest) => {
    withTemporary((host) => {
      const recording = openRecording();
      expect(errorOf(() => take(recording, host, guest))).toMatchObject({ code: "bad-path" });
      expect(recording.journal.head()).toBe(0);
    });
  },
);

function take({ fs }: Recording, host: string, guest: string, options: ImportOptions = {}) {
  const [skips, leftOut]: [Skip[], Skip[]] = [[], []];
  const imported = importDirectory(fs, host, guest, {
    ...options,
    onSkip: (skip) => skips.push(skip),
    onLeaveOut: (skip) => leftOut.push(skip),
  });
  return { imported, skips, leftOut };
}

function pathsBelow(host: string, skips: readonly Skip[]): string[] {
  return skips.map(({ path }) => relative(host, path)).toSorted();
}

function contentOf({ fs, journal }: Recording, path: string): string {
  const inode = lookup(fs.tree, path);
  if (inode?.type !== "file") throw new Error(`${path} is no file`);
  return new TextDecoder().decode(readRange(inode, tapeOf(journal)));
}

function errorOf(run: () => unknown): HostError {
  try {
    run();
  } catch (error) {
    if (error instanceof HostError) return error;
    throw error;
  }
  throw new Error("nothing was thrown");
}
