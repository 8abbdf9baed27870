import { existsSync, mkdirSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";

import { lookup, undo } from "../../../src/history/index.ts";
import { type Excluded, importDirectory } from "../../../src/host/index.ts";
import { type Files, type Loop, withLoop } from "../../support/loop.ts";
import { Random } from "../../support/random.ts";
import { openRecording } from "../../support/recording.ts";
import { withTemporary } from "../../support/temporary.ts";

const exclude = { ignored: "leave", rules: [] } as const;

test("what git ignores stays out of an import, and is told with its size", () => {
  withLoop(
    { ".gitignore": "build/\n*.log\n", a: "1", "x.log": "log", "build/o": "12345" },
    (loop) => {
      const recording = openRecording();
      const told: Excluded[] = [];
      const { fs, history } = recording;
      const onExclude = (one: Excluded) => void told.push(one);
      importDirectory(fs, loop.host, "/in", { history, exclude, onExclude });
      expect(lookup(fs.tree, "/in/build")).toBeUndefined();
      expect(lookup(fs.tree, "/in/a")).toBeDefined();
      expect(told).toEqual([
        { path: "build/", by: "git", files: 1, bytes: 5, isMore: false },
        { path: "x.log", by: "git", files: 1, bytes: 3, isMore: false },
      ]);
    },
  );
});

test("a file that is ignored from now on is neither deleted nor brought up to date, and its changes are applied as before", () => {
  withLoop({ "a.log": "base", "b.log": "base", "c.log": "base" }, (loop) => {
    loop.program({ "a.log": "program", "c.log": undefined });
    loop.user({ ".gitignore": "*.log", "b.log": "user" });
    expect(loop.import({ exclude })).toMatchObject({ conflicts: [], removed: 0 });
    expect(loop.inside()).toMatchObject({ "a.log": "program", "b.log": "base" });
    const { changes } = loop.apply();
    expect(changes).toMatchObject([
      { path: "a.log", change: "modified", host: "changes", ignored: true },
      { path: "c.log", change: "removed", host: "changes" },
    ]);
    expect(loop.outside()).toMatchObject({ "a.log": "program", "b.log": "user" });
    expect(existsSync(loop.at("c.log"))).toBe(false);
  });
});

test("a file that is ignored no more comes in as a new one, or is a conflict with the program's", () => {
  withLoop({ ".gitignore": "*.log" }, (loop) => {
    loop.user({ "a.log": "user", "b.log": "user" });
    loop.import({ exclude });
    loop.program({ "b.log": "program" });
    expect(loop.apply().conflicts).toMatchObject([{ path: "b.log" }]);
    expect(loop.outside()).toMatchObject({ "a.log": "user", "b.log": "user" });
    loop.user({ ".gitignore": "" });
    expect(loop.import({ exclude }).conflicts).toMatchObject([{ path: "b.log" }]);
    expect(loop.inside()).toMatchObject({ "a.log": "user", "b.log": "program" });
  });
});

test("a directory that the program removed stays on the host for what was left out of it", () => {
  withLoop({ ".gitignore": "build", "pkg/a": "a" }, (loop) => {
    loop.user({ "pkg/build/out": "made" });
    loop.import({ exclude });
    loop.change((recorder) => {
      recorder.remove("/in/pkg/a");
      recorder.remove("/in/pkg");
    });
    expect(loop.apply().left).toMatchObject([{ path: "pkg" }]);
    expect(loop.outside()).toEqual({ ".gitignore": "build", "pkg/build/out": "made" });
    loop.undoApply();
    expect(loop.outside()).toMatchObject({ "pkg/a": "a", "pkg/build/out": "made" });
  });
});

test.each(["fresh", "delete"] as const)(
  "an import that is to be %s leaves what is excluded as it is",
  (how) => {
    withLoop({ "a.log": "base", b: "base" }, (loop) => {
      loop.program({ "a.log": "program", b: "program" });
      loop.user({ ".gitignore": "*.log" });
      loop.import({ exclude, ...(how === "fresh" ? { from: "fresh" } : { extra: "delete" }) });
      expect(loop.inside()).toMatchObject({ "a.log": "program", b: "base" });
      expect(loop.apply().changes).toMatchObject([{ path: "a.log", host: "changes" }]);
    });
  },
);

test("an undo of the import that brought a file deletes nothing of the host's", () => {
  withLoop({ a: "base" }, (loop) => {
    loop.user({ "a.log": "user", ".gitignore": "" });
    loop.import({ exclude });
    loop.user({ ".gitignore": "*.log" });
    loop.import({ exclude });
    const { fs, history } = loop.recording;
    undo(fs, history);
    loop.apply();
    expect(loop.outside()).toMatchObject({ a: "base", "a.log": "user" });
  });
});

test("whatever is ignored when: no content is ever beyond reach, and the host keeps what was never applied", () => {
  for (let seed = 0; seed < 15; seed += 1) {
    const random = new Random(seed);
    withLoop({ "a.x": "0", "b.y": "0", "d/c.x": "0" }, (loop) => {
      const written = new Map<string, Set<string>>();
      for (let step = 1; step < 12; step += 1) {
        const before = loop.outside();
        act(loop, random, step, written);
        for (const [path, contents] of written) {
          const known = new Set([...loop.everWas(path), loop.outside()[path], before[path]]);
          for (const content of contents)
            expect(known, `seed ${seed}, step ${step}, ${path}`).toContain(content);
        }
      }
    });
  }
});

/**
 * Acts as the program, the user, an import or an apply; records the contents that the program wrote, and the user's.
 */
function act(loop: Loop, random: Random, step: number, written: Map<string, Set<string>>): void {
  const path = random.pick(["a.x", "b.y", "d/c.x", "d/e.y"]);
  const files: Files = { [path]: `${step}` };
  switch (random.below(6)) {
    case 0:
      loop.program(files);
      written.set(path, new Set([...(written.get(path) ?? []), `${step}`]));
      return;
    case 1: {
      const there = loop.outside()[path];
      // The user may throw away their own files.
      if (there !== undefined) written.get(path)?.delete(there);
      return loop.user(files);
    }
    case 2:
      return loop.user({ ".gitignore": random.pick(["*.x", "*.y", "d/", ""]) });
    case 3:
      return void loop.import({ exclude });
    case 4:
      return void loop.import();
    default: {
      const before = loop.outside();
      loop.apply();
      for (const [one, content] of Object.entries(before)) {
        if (loop.outside()[one] === content) continue;
        // Contents that an apply overwrites are in the journal.
        expect(loop.everWas(one)).toContain(content);
      }
    }
  }
}

test("a link to a file comes in under its own name", () => {
  withTemporary((host) => {
    mkdirSync(join(host, "far"));
    writeFileSync(join(host, "far", "target.txt"), "content");
    symlinkSync("far/target.txt", join(host, "link.md"));
    const { fs } = openRecording();
    importDirectory(fs, join(host, "link.md"), "/in/");
    expect(lookup(fs.tree, "/in/link.md")).toMatchObject({ type: "file" });
    rmSync(join(host, "far"), { recursive: true });
  });
});

test("files that look like keys are told when they come in, and not again", () => {
  withTemporary((host) => {
    writeFileSync(join(host, ".env"), "TOKEN=1");
    writeFileSync(join(host, ".env.example"), "TOKEN=");
    const { fs, history } = openRecording();
    expect(importDirectory(fs, host, "/in", { history }).secrets).toEqual([".env"]);
    expect(importDirectory(fs, host, "/in", { history }).secrets).toEqual([]);
  });
});
