import { execFileSync, spawnSync } from "node:child_process";
import { chmodSync, lstatSync, mkdirSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { expect, test } from "vitest";

import { type Seq, verify } from "../../../journal/index.ts";
import { modeOf } from "../../../src/fs/index.ts";
import { lookup, restore, tapeOf, undo, walk } from "../../../src/history/index.ts";
import {
  applyToHost,
  exportDirectory,
  exportGit,
  exportTar,
  gitPatch,
  importDirectory,
} from "../../../src/host/index.ts";
import type { Recorder } from "../../support/journal.ts";
import { hostSteps as steps } from "../../support/model/mutations.ts";
import { type Recording, changeAsRun, openRecording } from "../../support/recording.ts";
import { withTemporary } from "../../support/temporary.ts";
import { attempts } from "../../support/scale.ts";

const umask = process.umask();

test("an import takes modes in, and a change of nothing but a mode is one event", () => {
  withWork((recording, host) => {
    expect(modesIn(recording, "/in")).toEqual(before);
    const head = recording.journal.head();
    chmodSync(join(host, "run.sh"), 0o700);
    importDirectory(recording.fs, host, "/in");
    expect(recording.journal.event((head + 2) as Seq)).toMatchObject({
      kind: "set-mode",
      path: "/in/run.sh",
      mode: 0o700,
    });
    expect(recording.journal.head()).toBe(head + 3);
  });
});

test("what a guest moves keeps its mode on the host, and so does what it saves by a rename", () => {
  withWork((recording, host) => {
    guest(recording, (r) => {
      r.mkdir("/in/tools");
      r.rename("/in/run.sh", "/in/tools/run.sh");
      r.rename("/in/keys", "/in/private");
      r.write("/in/secret.tmp", "another secret");
      r.rename("/in/secret.tmp", "/in/secret");
      r.rename("/in/plain", "/in/plain.bak");
      r.write("/in/plain", "new");
      r.write("/in/more", "more");
    });
    applyToHost(recording.fs, recording.history, host);
    expect(modesOn(host)).toEqual({
      more: usual.file,
      plain: 0o664,
      "plain.bak": 0o664,
      private: 0o700,
      "private/key": 0o600,
      secret: 0o600,
      tools: usual.directory,
      "tools/run.sh": 0o755,
    });
    expect(applyToHost(recording.fs, recording.history, host).changes).toEqual([]);
  });
});

test("a file that is removed and made again, or edited after the host's mode was changed, keeps the host's mode", () => {
  withWork((recording, host) => {
    chmodSync(join(host, "plain"), 0o640);
    guest(recording, (r) => {
      r.remove("/in/secret");
      r.write("/in/secret", "new");
      r.write("/in/plain", "new");
    });
    applyToHost(recording.fs, recording.history, host);
    expect(modesOn(host)).toMatchObject({ secret: 0o600, plain: 0o640 });
  });
});

test("setuid, setgid and sticky bits are recorded, and nothing that is written to the host has them", async () => {
  await withTemporary(async (folder) => {
    const host = join(folder, "work");
    mkdirSync(host);
    writeFileSync(join(host, "tool"), "tool");
    chmodSync(join(host, "tool"), 0o4755);
    const recording = openRecording();
    importDirectory(recording.fs, host, "/in");
    expect(modesIn(recording, "/in")).toEqual({ tool: 0o4755 });
    guest(recording, (r) => r.rename("/in/tool", "/in/moved"));
    applyToHost(recording.fs, recording.history, host);
    expect(modesOn(host)).toEqual({ moved: 0o755 });
    exportDirectory(recording.fs.tree, recording.journal, join(folder, "out"), { path: "/in" });
    expect(modesOn(join(folder, "out"))).toEqual({ moved: 0o755 });
    await exportTar(recording.fs.tree, recording.journal, join(folder, "t.tar"), { path: "/in" });
    expect(execFileSync("tar", ["-tvf", join(folder, "t.tar")], { encoding: "utf8" })).toMatch(
      /^-rwxr-xr-x .* moved$/m,
    );
  });
});

test("an export, a tar file and a git repository have the modes of the state", async () => {
  await withTemporary(async (folder) => {
    const { recording } = worked(folder);
    const { tree } = recording.fs;
    exportDirectory(tree, recording.journal, join(folder, "out"));
    expect(modesOn(join(folder, "out", "in"))).toEqual(before);
    await exportTar(tree, recording.journal, join(folder, "state.tar"), { path: "/in" });
    mkdirSync(join(folder, "unpacked"));
    execFileSync("tar", ["-xpf", join(folder, "state.tar"), "-C", join(folder, "unpacked")]);
    expect(modesOn(join(folder, "unpacked"))).toEqual(before);
    await exportGit(recording.history, join(folder, "git"));
    const listed = git(join(folder, "git"), "ls-tree", "-r", "HEAD");
    expect(listed).toMatch(/^100755 blob \S+\tin\/run.sh$/m);
    expect(listed).toMatch(/^100644 blob \S+\tin\/secret$/m);
    expect(git(join(folder, "git"), "status", "--porcelain")).toBe("");
  });
});

test("a patch for git tells of an executable bit, and git apply sets it", () => {
  withTemporary((folder) => {
    const { recording, host } = worked(folder);
    const then = recording.fs.tree;
    const seq = recording.journal.head();
    chmodSync(join(host, "run.sh"), 0o644);
    chmodSync(join(host, "plain"), 0o755);
    writeFileSync(join(host, "plain"), "other\n");
    importDirectory(recording.fs, host, "/in");
    guest(recording, (r) => r.rename("/in/secret", "/in/moved"));
    const readTape = tapeOf(recording.journal);
    const patch = Buffer.concat([
      ...gitPatch(recording.history.at(seq), then, readTape, { paths: ["/in"] }),
    ]);
    expect(patch.toString()).toContain("old mode 100755\nnew mode 100644\n");
    const target = join(folder, "target");
    exportDirectory(recording.history.at(seq), recording.journal, target);
    git(target, "init", "-q");
    const { status, stderr } = spawnSync("git", ["apply"], { cwd: target, input: patch });
    expect(stderr.toString()).toBe("");
    expect(status).toBe(0);
    expect(lstatSync(join(target, "in/plain")).mode & 0o100).toBe(0o100);
    expect(lstatSync(join(target, "in/run.sh")).mode & 0o100).toBe(0);
  });
});

test("undo and restore bring modes back, and an apply after them the host's", () => {
  withWork((recording, host) => {
    const seq = recording.journal.head();
    guest(recording, (r) => {
      r.rename("/in/run.sh", "/in/secret");
      r.remove("/in/keys/key");
      r.remove("/in/keys");
    });
    applyToHost(recording.fs, recording.history, host);
    expect(modesOn(host)).toEqual({ plain: 0o664, secret: 0o755 });
    const changed = recording.journal.head();
    restore(recording.fs, recording.history, seq);
    expect(modesIn(recording, "/in")).toEqual(before);
    applyToHost(recording.fs, recording.history, host);
    expect(modesOn(host)).toEqual(before);
    restore(recording.fs, recording.history, changed);
    undo(recording.fs, recording.history);
    expect(modesIn(recording, "/in")).toEqual(before);
  });
});

test("a mode that was changed on the host and in the filesystem is a conflict", () => {
  withWork((recording, host) => {
    const seq = recording.journal.head();
    chmodSync(join(host, "run.sh"), 0o700);
    importDirectory(recording.fs, host, "/in");
    const imported = recording.journal.head();
    restore(recording.fs, recording.history, seq);
    expect(applyToHost(recording.fs, recording.history, host).changes).toMatchObject([
      { path: "run.sh", change: "mode" },
    ]);
    expect(modesOn(host)).toEqual(before);
    restore(recording.fs, recording.history, imported);
    chmodSync(join(host, "run.sh"), 0o500);
    expect(applyToHost(recording.fs, recording.history, host).conflicts).toEqual([
      { path: "run.sh", reason: "its mode was changed on the host" },
    ]);
    applyToHost(recording.fs, recording.history, host, { conflicts: "theirs" });
    expect(modesOn(host)).toEqual({ ...before, "run.sh": 0o700 });
  });
});

test("whatever changed, the host has each mode that somebody said, but for setuid, setgid and sticky", () => {
  fc.assert(
    fc.property(steps(40), steps(40), (first, second) => {
      withTemporary((folder) => {
        const origin = openRecording();
        changeAsRun(origin.fs, first);
        const host = join(folder, "work");
        exportDirectory(origin.fs.tree, origin.journal, host);
        expect(modesOn(host)).toMatchObject(saidIn(origin));
        const recording = openRecording();
        importDirectory(recording.fs, host, "/");
        changeAsRun(recording.fs, second);
        applyToHost(recording.fs, recording.history, host);
        expect(modesOn(host)).toMatchObject(saidIn(recording));
        expect(applyToHost(recording.fs, recording.history, host).changes).toEqual([]);
      });
    }),
    { numRuns: attempts(40) },
  );
});

test("a journal with modes is whole", () => {
  withTemporary((folder) => {
    const host = makeWork(folder);
    const recording = openRecording(join(folder, "r.db"));
    importDirectory(recording.fs, host, "/in");
    recording.journal.close();
    expect(verify(join(folder, "r.db"))).toMatchObject({ ok: true });
  });
});

const hasAttributes =
  spawnSync("python3", ["-c", "import os; os.setxattr"]).status === 0 &&
  spawnSync("cp", ["--version"], { encoding: "utf8" }).stdout?.includes("GNU") === true;

test.skipIf(!hasAttributes)(
  "a file that is replaced keeps its access control list and its extended attributes",
  () => {
    withWork((recording, host) => {
      const set = `import os, sys, struct
path = sys.argv[1]
os.setxattr(path, "user.note", b"kept")
entries = [(1, 6, 0xffffffff), (2, 6, 12345), (4, 0, 0xffffffff), (16, 6, 0xffffffff), (32, 0, 0xffffffff)]
acl = struct.pack("<I", 2) + b"".join(struct.pack("<HHI", *entry) for entry in entries)
os.setxattr(path, "system.posix_acl_access", acl)`;
      const get = `import os, sys
for name in sorted(os.listxattr(sys.argv[1])): print(name, os.getxattr(sys.argv[1], name).hex())`;
      const python = (script: string) =>
        spawnSync("python3", ["-c", script, join(host, "secret")], { encoding: "utf8" });
      // The folder for temporary files may lie on a disk without them.
      if (python(set).status !== 0) return;
      const then = { attributes: python(get).stdout, mode: lstatSync(join(host, "secret")).mode };
      importDirectory(recording.fs, host, "/in");
      guest(recording, (r) => r.write("/in/secret", "new and longer"));
      const summary = applyToHost(recording.fs, recording.history, host);
      expect(summary.unkept).toBeUndefined();
      expect({
        attributes: python(get).stdout,
        mode: lstatSync(join(host, "secret")).mode,
      }).toEqual(then);
      expect(readdirSync(host).filter((name) => name.startsWith("."))).toEqual([]);
    });
  },
);

const usual = { file: 0o644 & ~umask, directory: 0o755 & ~umask };
const before = { keys: 0o700, "keys/key": 0o600, plain: 0o664, "run.sh": 0o755, secret: 0o600 };

function makeWork(folder: string): string {
  const host = join(folder, "work");
  mkdirSync(join(host, "keys"), { recursive: true });
  for (const [path, mode] of Object.entries(before).toReversed()) {
    if (path !== "keys") writeFileSync(join(host, path), path);
    chmodSync(join(host, path), mode);
  }
  return host;
}

function worked(folder: string): { readonly recording: Recording; readonly host: string } {
  const host = makeWork(folder);
  const recording = openRecording();
  importDirectory(recording.fs, host, "/in");
  return { recording, host };
}

function withWork(body: (recording: Recording, host: string) => void): void {
  withTemporary((folder) => {
    const { recording, host } = worked(folder);
    body(recording, host);
  });
}

/** Runs a program that cannot set modes. */
function guest({ recorder }: Recording, body: (recorder: Recorder) => void): void {
  recorder.run("guest", [], () => body(recorder));
}

function modesIn({ fs }: Recording, top: string): Record<string, number> {
  const directory = lookup(fs.tree, top);
  if (directory === undefined) return {};
  return Object.fromEntries(
    [...walk(fs.tree, directory, "")]
      .slice(1)
      .map(({ path, inode }) => [path.slice(1), modeOf(inode)]),
  );
}

function saidIn({ fs }: Recording): Record<string, number> {
  const root = lookup(fs.tree, "/");
  if (root === undefined) return {};
  return Object.fromEntries(
    [...walk(fs.tree, root, "")].slice(1).flatMap(({ path, inode }) => {
      const mode = inode.type === "symlink" ? undefined : inode.mode;
      return mode === undefined ? [] : [[path.slice(1), mode & 0o777]];
    }),
  );
}

function modesOn(host: string): Record<string, number> {
  return Object.fromEntries(
    [...pathsIn(host)]
      .sort()
      .map((path) => [path, lstatSync(join(host, path)).mode & 0o7777] as const),
  );
}

/** Lists all but links; readdir's own recursion follows those, even in a circle. */
function* pathsIn(host: string, above = ""): Generator<string> {
  for (const entry of readdirSync(join(host, above), { withFileTypes: true })) {
    const path = join(above, entry.name);
    if (!entry.isSymbolicLink()) yield path;
    if (entry.isDirectory()) yield* pathsIn(host, path);
  }
}

function git(folder: string, ...words: readonly string[]): string {
  return execFileSync("git", words, { cwd: folder, encoding: "utf8" });
}
