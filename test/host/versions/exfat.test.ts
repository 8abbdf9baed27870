import { spawnSync } from "node:child_process";
import { closeSync, ftruncateSync, mkdirSync, mkdtempSync, openSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";

import { type Loop, withLoopAt } from "../../support/loop.ts";

const directory = mkdtempSync(join(tmpdir(), "rewindfs-exfat-"));
const [image, mounted] = [join(directory, "image"), join(directory, "disk")];
let device = "";
const why = mount();
if (why !== undefined) process.stderr.write(`no exFAT disk is tried: ${why}\n`);

/**
 * Mounts a disk that folds case, as those of macOS, Windows and USB sticks do. Returns why there is none: it takes
 * exfatprogs, exfat-fuse and root.
 */
function mount(): string | undefined {
  const fd = openSync(image, "w");
  ftruncateSync(fd, 16 * 1024 * 1024);
  closeSync(fd);
  mkdirSync(mounted);
  const made = tried("mkfs.exfat", image);
  const looped = made.why === undefined ? tried("losetup", "--find", "--show", image) : made;
  device = looped.why === undefined ? looped.told : "";
  return looped.why ?? tried("mount.exfat-fuse", device, mounted).why;
}

function tried(program: string, ...args: readonly string[]) {
  const { error, status, stdout, stderr } = spawnSync(program, args, { encoding: "utf8" });
  if (error !== undefined) return { told: "", why: `${program} cannot be run` };
  const last = stderr.trim().split("\n").at(-1) ?? "";
  return { told: stdout.trim(), why: status === 0 ? undefined : `${program}: ${last}` };
}

const onDisk = test.skipIf(why !== undefined);

beforeAll(() => {
  // A failed mount is no disk.
  if (why === undefined) expect(spawnSync("mountpoint", ["-q", mounted]).status).toBe(0);
});
afterAll(() => {
  if (why === undefined) tried("umount", mounted);
  if (device !== "") tried("losetup", "--detach", device);
  rmSync(directory, { recursive: true, force: true });
});

let count = 0;
const withDisk = (files: Readonly<Record<string, string>>, run: (loop: Loop) => void) =>
  withLoopAt(join(mounted, String((count += 1))), files, run);

onDisk("a file and a directory whose names change in case only keep what they hold", () => {
  withDisk({ "readme.md": "hello", "docs/a.txt": "a", "docs/b.txt": "b" }, (loop) => {
    loop.change((recorder) => {
      recorder.rename("/in/readme.md", "/in/README.md");
      recorder.rename("/in/docs", "/in/Docs");
      recorder.remove("/in/Docs/b.txt");
    });
    expect(loop.apply().conflicts).toEqual([]);
    expect(loop.outside()).toEqual({ "Docs/a.txt": "a", "README.md": "hello" });
    expect(loop.apply().changes).toEqual([]);
    expect(loop.undoApply().conflicts).toEqual([]);
    expect(loop.outside()).toEqual({ "docs/a.txt": "a", "docs/b.txt": "b", "readme.md": "hello" });
  });
});

onDisk("of two names that are one to the disk neither is lost, and one is told of", () => {
  withDisk({ keep: "keep" }, (loop) => {
    loop.program({ Makefile: "one", makefile: "two" });
    const { conflicts, left } = loop.apply();
    expect([...conflicts, ...left].map(({ path }) => path)).toEqual(["makefile"]);
    expect(loop.outside()).toEqual({ Makefile: "one", keep: "keep" });
    expect(loop.inside()).toMatchObject({ makefile: "two" });
  });
});

onDisk("edits, parts of files, conflicts and undo are as on any disk", () => {
  const lines = (first: string, last: string) =>
    [first, "a\nb\nc\nd\ne\nf\ng\nh\ni", last, ""].join("\n");
  withDisk({ a: lines("1", "2"), b: "b", "d/x": "x" }, (loop) => {
    loop.program({ a: lines("one", "two"), b: "B", "d/x": undefined, "e/new": "new" });
    loop.user({ b: "mine" });
    loop.choose(
      (path, part) => path === "a" && part.kind === "hunk" && part.hunk.beforeStart === 1,
    );
    expect(loop.outside()).toEqual({ a: lines("one", "2"), b: "mine", "d/x": "x" });
    expect(loop.apply({ conflicts: "theirs" }).conflicts).toEqual([]);
    expect(loop.outside()).toEqual({ a: lines("one", "two"), b: "B", "e/new": "new" });
    expect(loop.undoApply().conflicts).toEqual([]);
    expect(loop.outside()).toEqual({ a: lines("one", "2"), b: "mine", "d/x": "x" });
  });
});
