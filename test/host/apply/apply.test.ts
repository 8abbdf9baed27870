import {
  chmodSync,
  linkSync,
  lstatSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { expect, test } from "vitest";

import { type Name, type RunNumber, rootIno } from "../../../journal/index.ts";
import { lookup, undo, undoStack } from "../../../src/history/index.ts";
import { exportDirectory, importDirectory } from "../../../src/host/index.ts";
import { dump } from "../../support/dump/dump.ts";
import { hostSteps as steps } from "../../support/model/mutations.ts";
import { changeAsRun, openRecording } from "../../support/recording.ts";
import { patience, scale } from "../../support/scale.ts";
import { withTemporary } from "../../support/temporary.ts";
import { apply, change, contents, errorOf, withWork } from "./support.ts";

test("what was applied and is imported again is the same", { timeout: patience(60_000) }, () => {
  fc.assert(
    fc.property(steps(40), steps(40), (first, second) => {
      withTemporary((host) => {
        const origin = openRecording();
        changeAsRun(origin.fs, first);
        exportDirectory(origin.fs.tree, origin.journal, join(host, "work"));

        const recording = openRecording();
        importDirectory(recording.fs, join(host, "work"), "/");
        changeAsRun(recording.fs, second);
        apply(recording, join(host, "work"));

        const again = openRecording();
        importDirectory(again.fs, join(host, "work"), "/");
        expect(dump(again.fs.tree, again.journal, "/").slice(1)).toEqual(
          dump(recording.fs.tree, recording.journal, "/").slice(1),
        );
        expect(readdirSync(host)).toEqual(["work"]);
      });
    }),
    { numRuns: 5 * scale },
  );
});

test("a name that comes to a file whose mode alone changed is another name of it on the host too", () => {
  withTemporary((host) => {
    writeFileSync(join(host, "first"), "linked");
    linkSync(join(host, "first"), join(host, "last"));
    writeFileSync(join(host, "between"), "alone");
    const recording = openRecording();
    importDirectory(recording.fs, host, "/");
    recording.fs.begin({ cause: "library", guest: "test", args: [], environment: [], digest: "" });
    // Other names of the linked file; "last", whose content stays, comes after them.
    for (const [from, to] of [
      ["between", "away"],
      ["first", "between"],
      ["away", "first"],
    ] as const)
      recording.fs.perform({
        kind: "rename",
        parent: rootIno,
        name: from as Name,
        toParent: rootIno,
        toName: to as Name,
      });
    const { ino } = lookup(recording.fs.tree, "/last") ?? expect.fail("it is gone");
    recording.fs.perform({ kind: "set-mode", ino, mode: 0o600 });
    recording.fs.end({ exit: 0 });
    apply(recording, host);
    const stats = ["between", "last", "first"].map((name) => lstatSync(join(host, name)));
    expect(stats.map(({ nlink, mode }) => [nlink, mode & 0o777])).toEqual([
      [2, 0o600],
      [2, 0o600],
      [1, 0o644],
    ]);
    expect(stats[0]?.ino).toBe(stats[1]?.ino);
    expect(readFileSync(join(host, "first"), "utf8")).toBe("alone");
  });
});

test(
  "what an apply left alone does not keep the next one from going on from there",
  { timeout: patience(60_000) },
  () => {
    fc.assert(
      fc.property(steps(20), fc.array(steps(12), { minLength: 2, maxLength: 4 }), (first, rest) => {
        withTemporary((directory) => {
          const origin = openRecording();
          changeAsRun(origin.fs, first);
          const host = join(directory, "work");
          exportDirectory(origin.fs.tree, origin.journal, host);
          mkdirSync(join(host, ".git"));
          writeFileSync(join(host, ".git", "config"), "0");
          const recording = openRecording();
          importDirectory(recording.fs, host, "/");
          for (const [index, changes] of rest.entries()) {
            changeAsRun(recording.fs, changes);
            const types = ["/.git", "/.git/config"].map(
              (path) => lookup(recording.fs.tree, path)?.type,
            );
            if (types.join() === "directory,file")
              change(recording, (r) => r.write("/.git/config", String(index + 1)));
            apply(recording, host);
          }
          for (const { run, start } of undoStack(recording.journal).done.toReversed()) {
            if (start.cause === "import") break;
            undo(recording.fs, recording.history, { run });
            apply(recording, host);
          }
          const again = openRecording();
          importDirectory(again.fs, host, "/");
          expect(dump(again.fs.tree, again.journal, "/").slice(1)).toEqual(
            dump(recording.fs.tree, recording.journal, "/").slice(1),
          );
        });
      }),
      { numRuns: 5 * scale },
    );
  },
);

test("what was left alone is applied from where it was left, when it is", () => {
  withWork({ a: "a", ".git/config": "0" }, (recording, host) => {
    change(recording, (r) => (r.write("/in/a", "b"), r.write("/in/.git/config", "1")));
    expect(apply(recording, host).gits).toHaveLength(1);
    change(recording, (r) => r.write("/in/a", "c"));
    expect(apply(recording, host).conflicts).toEqual([]);
    expect(readFileSync(join(host, "a"), "utf8")).toBe("c");
    expect(readFileSync(join(host, ".git/config"), "utf8")).toBe("0");
    expect(apply(recording, host, { git: "apply" }).changes.map(({ path }) => path)).toEqual([
      ".git/config",
    ]);
    expect(readFileSync(join(host, ".git/config"), "utf8")).toBe("1");
    expect(apply(recording, host, { git: "apply" }).changes).toEqual([]);
  });
});

test("an apply that is repeated has nothing to do, and one after more changes applies those", () => {
  withWork({ a: "a", b: "b" }, (recording, host) => {
    change(recording, (r) => r.write("/in/a", "A"));
    expect(apply(recording, host).changes.map(({ path }) => path)).toEqual(["a"]);
    const head = recording.journal.head();
    expect(apply(recording, host).changes).toEqual([]);
    expect(recording.journal.head()).toBe(head);
    change(recording, (r) => r.remove("/in/b"));
    expect(apply(recording, host).changes.map(({ path, change: kind }) => [path, kind])).toEqual([
      ["b", "removed"],
    ]);
    expect(readdirSync(host)).toEqual(["a"]);
  });
});

test("what git would run is left alone unless it is asked for", () => {
  withWork({ a: "a" }, (recording, host) => {
    change(recording, (r) => {
      r.write("/in/a", "A");
      r.mkdir("/in/.git");
      r.write("/in/.git/config", "[core] fsmonitor = evil");
    });
    const { changes, gits } = apply(recording, host);
    expect(changes.map(({ path }) => path)).toEqual(["a"]);
    expect(gits).toEqual([{ path: ".git", reason: "git runs commands from it" }]);
    expect(readdirSync(host)).toEqual(["a"]);
    apply(recording, host, { git: "apply" });
    expect(readFileSync(join(host, ".git", "config"), "utf8")).toBe("[core] fsmonitor = evil");
  });
});

test("an apply is a run of the journal", () => {
  withWork({ a: "a" }, (recording, host) => {
    change(recording, (r) => r.write("/in/a", "A"));
    const { run } = apply(recording, host);
    expect(recording.journal.runs().at(-1)).toMatchObject({
      run,
      start: { cause: "apply", args: [host, "/in"] },
      end: { exit: 0 },
    });
  });
});

test("a dry run tells all and changes nothing", () => {
  withWork({ a: "a" }, (recording, host) => {
    change(recording, (r) => r.write("/in/a", "A"));
    writeFileSync(join(host, "a"), "user");
    const head = recording.journal.head();
    const { changes, conflicts } = apply(recording, host, { mode: "dry-run" });
    expect(changes).toEqual([{ path: "a", change: "modified", type: "file", host: "conflict" }]);
    expect(conflicts).toEqual([
      { path: "a", reason: "was changed on the host since it was imported" },
    ]);
    expect(readFileSync(join(host, "a"), "utf8")).toBe("user");
    expect(recording.journal.head()).toBe(head);
  });
});

test("a conflict does not hold up the rest, and can be gone over", () => {
  withWork({ a: "a", b: "b" }, (recording, host) => {
    change(recording, (r) => (r.write("/in/a", "A"), r.write("/in/b", "B")));
    writeFileSync(join(host, "b"), "user");
    expect(apply(recording, host).conflicts.map(({ path }) => path)).toEqual(["b"]);
    expect(contents(host)).toEqual({ a: "A", b: "user" });
    apply(recording, host, { conflicts: "theirs" });
    expect(readFileSync(join(host, "b"), "utf8")).toBe("B");
  });
});

test("what the user changed and the guest did not is left alone", () => {
  withWork({ a: "a", b: "b" }, (recording, host) => {
    change(recording, (r) => r.write("/in/a", "A"));
    writeFileSync(join(host, "b"), "user");
    writeFileSync(join(host, "c"), "user's own");
    apply(recording, host);
    expect(contents(host)).toEqual({ a: "A", b: "user", c: "user's own" });
  });
});

test("what was never imported is not deleted, not even by force", () => {
  withWork({ "d/f": "f", a: "a" }, (recording, host) => {
    change(recording, (r) => {
      r.remove("/in/d/f");
      r.remove("/in/d");
      r.write("/in/new", "guest's");
      r.mkdir("/in/made");
      r.write("/in/made/f", "f");
    });
    writeFileSync(join(host, "d", "mine"), "user's own");
    mkdirSync(join(host, "new"));
    const planned = apply(recording, host, { mode: "dry-run" });
    const done = apply(recording, host, { conflicts: "theirs" });
    expect(planned.changes).toEqual(done.changes);
    expect(done.changes.map(({ path, host: fate }) => `${path} ${fate}`).sort()).toEqual([
      "d left",
      "d/f changes",
      "made changes",
      "made/f changes",
      "new left",
    ]);
    expect(done.conflicts.map(({ path }) => path)).toEqual(["new"]);
    expect(done.left).toEqual([
      { path: "d", reason: "it holds entries that were not imported: mine" },
    ]);
    expect(readdirSync(join(host, "d"))).toEqual(["mine"]);
    expect(lstatSync(join(host, "new")).isDirectory()).toBe(true);
  });
});

test("a symlink on the host is never written through", () => {
  withWork({ "d/f": "f" }, (recording, host) => {
    const outside = join(host, "..", "outside");
    mkdirSync(outside);
    writeFileSync(join(outside, "f"), "f");
    change(recording, (r) => (r.write("/in/d/f", "F"), r.write("/in/d/g", "G")));
    rmSync(join(host, "d"), { recursive: true });
    symlinkSync("../outside", join(host, "d"));
    expect(apply(recording, host).conflicts).toEqual([
      { path: "d", reason: "is a symlink on the host" },
    ]);
    apply(recording, host, { conflicts: "theirs" });
    expect(contents(outside)).toEqual({ f: "f" });
  });
});

test("a file that became a symlink on the host is replaced, not followed", () => {
  withWork({ a: "a" }, (recording, host) => {
    writeFileSync(join(host, "..", "outside"), "a");
    change(recording, (r) => r.write("/in/a", "A"));
    rmSync(join(host, "a"));
    symlinkSync("../outside", join(host, "a"));
    apply(recording, host, { conflicts: "theirs" });
    expect(readFileSync(join(host, "..", "outside"), "utf8")).toBe("a");
    expect(lstatSync(join(host, "a")).isFile()).toBe(true);
  });
});

test("the mode of a file is kept", () => {
  withWork({ script: "#!", other: "other" }, (recording, host) => {
    chmodSync(join(host, "script"), 0o750);
    change(recording, (r) => r.write("/in/script", "#!/bin/sh"));
    apply(recording, host);
    expect(lstatSync(join(host, "script")).mode & 0o7777).toBe(0o750);
    expect(readFileSync(join(host, "script"), "utf8")).toBe("#!/bin/sh");
  });
});

test("what a guest wrote is not setuid, setgid or sticky, whatever it replaces", () => {
  withWork({ tool: "tool", plain: "plain" }, (recording, host) => {
    chmodSync(join(host, "tool"), 0o6755);
    change(recording, (r) => (r.write("/in/tool", "guest"), r.write("/in/plain", "guest")));
    expect(apply(recording, host).stripped).toEqual(["tool"]);
    expect(lstatSync(join(host, "tool")).mode & 0o7777).toBe(0o755);
  });
});

test("of a directory that was imported to several paths the one that changed is applied", () => {
  withWork({ a: "a" }, (recording, host) => {
    importDirectory(recording.fs, host, "/other");
    change(recording, (r) => r.write("/in/a", "A"));
    expect(apply(recording, host)).toMatchObject({ guest: "/in", changes: [{ path: "a" }] });
    change(recording, (r) => (r.write("/in/a", "AA"), r.write("/other/b", "B")));
    expect(errorOf(() => apply(recording, host)).message).toMatch("imported to /in and /other");
    expect(apply(recording, host, { guest: "/other" }).changes.map(({ path }) => path)).toEqual([
      "b",
    ]);
    expect(errorOf(() => apply(recording, host, { guest: "/x" })).code).toBe("never-imported");
  });
});

test("a directory that is not there, and a file, are called so", () => {
  withWork({ a: "a" }, (recording, host) => {
    expect(errorOf(() => apply(recording, join(host, "b"))).message).toMatch(
      "there is no such directory",
    );
    expect(errorOf(() => apply(recording, join(host, "a"))).message).toMatch("it is no directory");
  });
});

test("an apply that did not come to its end is told of until another does", () => {
  withWork({ a: "a" }, (recording, host) => {
    change(recording, (r) => r.write("/in/a", "A"));
    const { fs } = recording;
    const args = [realpathSync(host), "/in"];
    const { run } = fs.begin({ cause: "apply", guest: host, args, environment: [], digest: "" });
    fs.end({ exit: 1, reason: "no space left on device" });
    expect(apply(recording, host, { mode: "dry-run" }).stopped).toBe(run);
    expect(apply(recording, host).stopped).toBe(run);
    expect(apply(recording, host).stopped).toBeUndefined();
  });
});

test("what was applied is taken back by an undo of the run, and another apply", () => {
  withWork({ a: "a" }, (recording, host) => {
    change(recording, (r) => r.write("/in/a", "A"));
    apply(recording, host);
    const { fs, history } = recording;
    expect(() => undo(fs, history)).toThrow(
      expect.objectContaining({
        hint: "`apply DIR --undo` puts back what DIR had; `undo --run 2` takes back the run before, and another `apply` brings that to the host",
      }),
    );
    undo(fs, history, { run: 2 as RunNumber });
    apply(recording, host);
    expect(contents(host)).toEqual({ a: "a" });
  });
});

test("an import that was undone, and a directory that never was, cannot be applied to", () => {
  withWork({ a: "a" }, (recording, host) => {
    expect(errorOf(() => apply(recording, join(host, ".."))).code).toBe("never-imported");
    undo(recording.fs, recording.history);
    expect(errorOf(() => apply(recording, host)).code).toMatch(/missing|conflict/);
    expect(contents(host)).toEqual({ a: "a" });
  });
});
