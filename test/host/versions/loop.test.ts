import {
  existsSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";

import { type Name, rootIno } from "../../../journal/index.ts";
import { childOf } from "../../../src/fs/index.ts";
import { lookup, readRange, restore, tapeOf, undo } from "../../../src/history/index.ts";
import {
  type ApplySummary,
  applyToHost,
  importDirectory,
  unappliedAt,
} from "../../../src/host/index.ts";
import { withLoop } from "../../support/loop.ts";
import { openRecording } from "../../support/recording.ts";
import { withTemporary } from "../../support/temporary.ts";

test("a second import takes what the host changed, and keeps what the program did", () => {
  withLoop({ "in.txt": "1", "old.py": "stale", "sub/x": "x" }, (loop) => {
    loop.program({ "in.txt": "1 more", "out1.txt": "first" });
    renameSync(loop.at("old.py"), loop.at("new.py"));
    rmSync(loop.at("sub"), { recursive: true });
    const { kept, conflicts } = loop.import();
    expect([kept, conflicts]).toEqual([2, []]);
    expect(loop.inside()).toEqual({ "in.txt": "1 more", "new.py": "stale", "out1.txt": "first" });
    loop.program({ "out2.txt": "second" });
    expect(paths(loop.apply())).toEqual(["in.txt", "out1.txt", "out2.txt"]);
    expect(loop.outside()).toEqual(loop.inside());
    expect(paths(loop.apply())).toEqual([]);
    // Times that an apply set are a little less exact.
    const { updated, first, last } = loop.import();
    expect([updated, last - first]).toEqual([0, 1]);
  });
});

test("what a program had where a folder comes in later is the program's own: imports leave it, and an apply offers it", () => {
  withTemporary((directory) => {
    const host = join(directory, "work");
    mkdirSync(join(host, "both"), { recursive: true });
    writeFileSync(join(host, "h"), "host's");
    writeFileSync(join(host, "both/h"), "host's");
    const { fs, history, recorder } = openRecording();
    recorder.run("program", [], () => {
      for (const path of ["/in", "/in/own", "/in/both"]) recorder.mkdir(path);
      for (const path of ["/in/a", "/in/own/b", "/in/both/c"]) recorder.write(path, "own");
    });
    for (let time = 0; time < 3; time += 1) {
      expect(importDirectory(fs, host, "/in", { history }).removed).toBe(0);
      for (const path of ["/in/a", "/in/own/b", "/in/both/c", "/in/h", "/in/both/h"])
        expect(lookup(fs.tree, path)).toMatchObject({ type: "file" });
    }
    rmSync(join(host, "h"));
    expect(importDirectory(fs, host, "/in", { history }).removed).toBe(1);
    expect(paths(applyToHost(fs, history, host))).toEqual(["a", "both/c", "own", "own/b"]);
    expect(readFileSync(join(host, "own/b"), "utf8")).toBe("own");
    expect(paths(applyToHost(fs, history, host))).toEqual([]);
  });
});

test("a file that a program had where a folder with another of that name comes in is a conflict, and nobody's is lost", () => {
  withTemporary((directory) => {
    const [host, other] = [join(directory, "work"), join(directory, "other")];
    for (const folder of [host, other]) mkdirSync(folder);
    for (const name of ["a", "b", "same"]) writeFileSync(join(host, name), "host's");
    writeFileSync(join(other, "b"), "once imported");
    writeFileSync(join(other, "c"), "once imported");
    const { fs, history, recorder } = openRecording();
    importDirectory(fs, other, "/in", { history });
    recorder.run("program", [], () => {
      recorder.write("/in/a", "own");
      recorder.write("/in/same", "host's");
    });
    const { conflicts } = importDirectory(fs, host, "/in", { history });
    expect(conflicts.map(({ path }) => path)).toEqual(["a"]);
    const readTape = tapeOf(history.journal);
    const texts = ["a", "b", "c"].map((name) => {
      const inode = lookup(fs.tree, `/in/${name}`);
      return inode?.type === "file" ? Buffer.from(readRange(inode, readTape)).toString() : "none";
    });
    expect(texts).toEqual(["own", "host's", "once imported"]);
    expect(applyToHost(fs, history, host).conflicts.map(({ path }) => path)).toEqual(["a"]);
    expect(readFileSync(join(host, "a"), "utf8")).toBe("host's");
    expect(applyToHost(fs, history, host, { conflicts: "theirs" }).conflicts).toEqual([]);
    expect(readFileSync(join(host, "a"), "utf8")).toBe("own");
  });
});

test("a folder that the program removed as a whole stays removed when it is imported again", () => {
  withLoop({ a: "a", "d/b": "b" }, (loop) => {
    loop.program({ a: undefined, "d/b": undefined });
    loop.change((recorder) => {
      recorder.remove("/in/d");
      recorder.remove("/in");
    });
    loop.import();
    expect(lookup(loop.recording.fs.tree, "/in/a")).toBeUndefined();
    loop.user({ c: "c" });
    loop.import();
    expect(loop.inside()).toEqual({ c: "c" });
  });
});

test("what both changed is a conflict of an import, and stays as it is on both sides", () => {
  withLoop({ a: "base", b: "base", c: "base", d: "base" }, (loop) => {
    loop.program({ a: "program", b: undefined, c: "program", d: "same" });
    loop.user({ a: "user", b: "user", c: undefined, d: "same" });
    const { conflicts } = loop.import();
    expect(conflicts.map(({ path }) => path).sort()).toEqual(["a", "b", "c"]);
    expect(loop.inside()).toEqual({ a: "program", c: "program", d: "same" });
    expect(loop.outside()).toEqual({ a: "user", b: "user", d: "same" });
    expect(loop.import().conflicts).toHaveLength(3);
    expect(loop.apply().conflicts).toHaveLength(3);
    expect(loop.outside()).toEqual({ a: "user", b: "user", d: "same" });
  });
});

test("a conflict is settled for this machine's version, or for the program's, by import and by apply", () => {
  for (const way of ["import", "apply"] as const) {
    for (const [conflicts, version] of [
      ["ours", "user"],
      ["theirs", "program"],
    ] as const) {
      withLoop({ a: "base", b: "base" }, (loop) => {
        loop.program({ a: "program" });
        loop.user({ a: "user" });
        const done = way === "import" ? loop.import({ conflicts }) : loop.apply({ conflicts });
        expect([done.resolved, done.conflicts]).toEqual([["a"], []]);
        expect(loop.inside()).toEqual({ a: version, b: "base" });
        expect(loop.apply().conflicts).toEqual([]);
        expect(loop.outside()).toEqual({ a: version, b: "base" });
        expect(loop.everWas("a")).toEqual(new Set(["base", "program", "user"]));
        expect(paths(loop.apply())).toEqual([]);
      });
    }
  }
});

test("whoever takes an apply back that settled conflicts has the conflicts back", () => {
  for (const conflicts of ["theirs", "merge"] as const) {
    withLoop({ a: "one\ntwo\nthree\n", b: "base" }, (loop) => {
      loop.program({ a: "ONE\ntwo\nthree\n", b: "program" });
      loop.user({ a: "one\ntwo\nTHREE\n" });
      for (let time = 0; time < 2; time += 1) {
        expect(loop.apply({ conflicts }).resolved).toEqual(["a"]);
        loop.undoApply();
        expect(loop.outside()).toEqual({ a: "one\ntwo\nTHREE\n", b: "base" });
        expect(loop.apply({ mode: "dry-run" }).conflicts.map(({ path }) => path)).toEqual(["a"]);
      }
      expect(loop.apply().conflicts.map(({ path }) => path)).toEqual(["a"]);
      expect(loop.outside()).toEqual({ a: "one\ntwo\nTHREE\n", b: "program" });
    });
  }
});

test("texts that both changed are merged, with markers only where they are asked for", () => {
  const base = "one\ntwo\nthree\nfour\nfive\nsix\n";
  withLoop({ a: base, b: base, "c.bin": "\0\x01" }, (loop) => {
    const program = base.replace("one", "ONE");
    loop.program({ a: program, b: program, "c.bin": "\0\x02" });
    loop.user({
      a: base.replace("six", "SIX"),
      b: base.replace("one", "eins"),
      "c.bin": "\0\x03",
    });
    const { resolved, conflicts } = loop.apply({ conflicts: "merge" });
    expect(resolved).toEqual(["a"]);
    expect(conflicts.map(({ path }) => path)).toEqual(["b", "c.bin"]);
    expect(loop.outside()["a"]).toBe("ONE\ntwo\nthree\nfour\nfive\nSIX\n");
    expect(loop.outside()["b"]).toBe(base.replace("one", "eins"));
    expect(loop.apply({ conflicts: "merge-markers" }).resolved).toEqual(["b"]);
    expect(loop.outside()["b"]).toBe(
      `<<<<<<< this machine\neins\n=======\nONE\n>>>>>>> the program\n${base.slice(4)}`,
    );
    expect(loop.outside()["c.bin"]).toBe("\0\x03");
  });
});

test("a part of the changes is applied, and the rest stays offered", () => {
  withLoop({ a: "a", "old/x": "x", "old/y": "y" }, (loop) => {
    loop.program({ a: "A", "new/p": "p", "new/q": "q", "old/x": undefined, "old/y": undefined });
    loop.change((r) => r.remove("/in/old"));
    const asked = new Set(["new/q", "old/x"]);
    loop.apply({ selects: (path) => asked.has(path) });
    expect(loop.outside()).toEqual({ a: "a", "new/q": "q", "old/y": "y" });
    expect(paths(loop.apply({ mode: "dry-run" }))).toEqual(["a", "new/p", "old", "old/y"]);
    loop.import();
    expect(paths(loop.apply())).toEqual(["a", "new/p", "old", "old/y"]);
    expect(loop.outside()).toEqual({ a: "A", "new/p": "p", "new/q": "q" });
    expect(existsSync(loop.at("old"))).toBe(false);
  });
});

test("an apply is taken back on the host, with what it went over, and offered again", () => {
  withLoop({ a: "a", b: "b", c: "c" }, (loop) => {
    loop.program({ a: "A", b: undefined, "d/e": "e", c: "C" });
    loop.user({ c: "user" });
    loop.apply({ conflicts: "theirs" });
    expect(loop.outside()).toEqual({ a: "A", c: "C", "d/e": "e" });
    expect(loop.undoApply().conflicts).toEqual([]);
    expect(loop.outside()).toEqual({ a: "a", b: "b", c: "user" });
    expect(loop.inside()).toEqual({ a: "A", c: "C", "d/e": "e" });
    loop.import();
    expect(loop.inside()).toEqual({ a: "A", c: "C", "d/e": "e" });
    // Conflicts that the apply settled are conflicts again.
    expect(loop.apply().conflicts.map(({ path }) => path)).toEqual(["c"]);
    expect(loop.outside()).toEqual({ a: "A", c: "user", "d/e": "e" });
  });
});

test("applies can be taken back and made again as often as one likes", () => {
  withLoop({ a: "a", b: "b" }, (loop) => {
    loop.program({ a: undefined, c: "C" });
    for (let time = 0; time < 30; time += 1) {
      expect(paths(loop.apply())).toEqual(["a", "c"]);
      expect(loop.undoApply().conflicts).toEqual([]);
      expect(loop.outside()).toEqual({ a: "a", b: "b" });
    }
  });
});

test("an apply is taken back but for what was changed since", () => {
  withLoop({ a: "a", b: "b" }, (loop) => {
    loop.program({ a: "A", b: "B" });
    loop.apply();
    loop.user({ a: "user" });
    expect(loop.undoApply().conflicts.map(({ path }) => path)).toEqual(["a"]);
    expect(loop.outside()).toEqual({ a: "user", b: "b" });
    loop.import();
    expect(loop.inside()).toEqual({ a: "user", b: "B" });
  });
});

test("what a stopped apply wrote is no conflict, whatever the program does then", () => {
  withLoop({ a: "a", b: "b", c: "c", "d/x": "x" }, (loop) => {
    loop.program({ a: "A", b: "B", c: "C", "d/x": "X" });
    const { fs } = loop.recording;
    fs.begin({
      cause: "apply",
      guest: loop.host,
      args: [loop.host, "/in"],
      environment: [],
      digest: "",
    });
    writeFileSync(loop.at("a"), "A");
    writeFileSync(loop.at("b"), "B");
    writeFileSync(loop.at("d/.rewindfs-apply-0123456789abcdef"), "hal");
    fs.end({ exit: 1, reason: "no space left on device" });
    loop.program({ a: "AA", b: "b" });
    loop.user({ c: "user" });
    expect(loop.import().conflicts.map(({ path }) => path)).toEqual(["c"]);
    expect(lookup(fs.tree, "/in/d/.rewindfs-apply-0123456789abcdef")).toBeUndefined();
    expect(loop.apply({ conflicts: "theirs" }).conflicts).toEqual([]);
    expect(loop.outside()).toEqual({ a: "AA", b: "b", c: "C", "d/x": "X" });
  });
});

test("an apply goes on from a stopped one, and removes what that left behind", () => {
  withLoop({ a: "a", "d/x": "x" }, (loop) => {
    loop.program({ a: "A", "d/x": "X" });
    const { fs } = loop.recording;
    fs.begin({
      cause: "apply",
      guest: loop.host,
      args: [loop.host, "/in"],
      environment: [],
      digest: "",
    });
    writeFileSync(loop.at("a"), "A");
    writeFileSync(loop.at("d/.rewindfs-apply-0123456789abcdef"), "hal");
    fs.end({ exit: 1, reason: "interrupted" });
    loop.program({ a: "AA" });
    expect(loop.apply().conflicts).toEqual([]);
    expect(loop.outside()).toEqual({ a: "AA", "d/x": "X" });
  });
});

test("what was imported to below a folder from elsewhere is not the folder's", () => {
  withLoop({ a: "a" }, (loop) => {
    const data = join(loop.host, "..", "data");
    mkdirSync(data);
    writeFileSync(join(data, "d"), "d");
    importDirectory(loop.recording.fs, data, "/in/data");
    loop.program({ a: "A", "data/d": "D" });
    expect(paths(loop.apply())).toEqual(["a"]);
    loop.import();
    expect(loop.inside()).toEqual({ a: "A", "data/d": "D" });
    applyToHost(loop.recording.fs, loop.recording.history, data);
    expect(readFileSync(join(data, "d"), "utf8")).toBe("D");
    expect(loop.outside()).toEqual({ a: "A" });
  });
});

test("a folder below the one that was imported can be applied to on its own", () => {
  withLoop({ a: "a", "lib/x": "x" }, (loop) => {
    loop.program({ a: "A", "lib/x": "X" });
    applyToHost(loop.recording.fs, loop.recording.history, loop.at("lib"));
    expect(loop.outside()).toEqual({ a: "a", "lib/x": "X" });
    loop.user({ "lib/x": "user" });
    loop.import();
    expect(loop.inside()).toEqual({ a: "A", "lib/x": "user" });
    expect(paths(loop.apply())).toEqual(["a"]);
  });
});

test("a project that was moved goes on where it stands now", () => {
  withLoop({ a: "a", b: "b" }, (loop) => {
    loop.program({ a: "A" });
    const { fs, history } = loop.recording;
    const moved = `${loop.host}-moved`;
    renameSync(loop.host, moved);
    writeFileSync(join(moved, "b"), "user");
    const { kept } = importDirectory(fs, moved, "/in", { history });
    expect(kept).toBe(1);
    expect(loop.inside()).toEqual({ a: "A", b: "user" });
    expect(paths(applyToHost(fs, history, moved))).toEqual(["a"]);
    renameSync(moved, `${moved}-again`);
    loop.program({ b: "B" });
    const options = { was: moved };
    expect(paths(applyToHost(fs, history, `${moved}-again`, options))).toEqual(["b"]);
    expect(applyToHost(fs, history, `${moved}-again`, options).changes).toEqual([]);
  });
});

test("an import that was undone does not count, and an undo of the program takes back nothing of the user's", () => {
  withLoop({ a: "a", b: "b" }, (loop) => {
    const program = loop.program({ a: "A" });
    loop.user({ b: "user" });
    loop.import();
    const { fs, history } = loop.recording;
    undo(fs, history, { run: program });
    expect(loop.inside()).toEqual({ a: "a", b: "user" });
    expect(paths(loop.apply())).toEqual([]);
    expect(loop.outside()).toEqual({ a: "a", b: "user" });
  });
});

test("what a restore brings back is offered, and what it goes over on the host is recorded", () => {
  withLoop({ a: "a" }, (loop) => {
    loop.program({ a: "A" });
    const then = loop.recording.journal.head();
    loop.apply();
    loop.user({ a: "user" });
    loop.import();
    restore(loop.recording.fs, loop.recording.history, then);
    expect(paths(loop.apply())).toEqual(["a"]);
    expect(loop.outside()).toEqual({ a: "A" });
    expect(loop.everWas("a")).toEqual(new Set(["a", "A", "user"]));
  });
});

test("a fresh import takes all of the host, and what only the program has stays offered", () => {
  withLoop({ a: "a" }, (loop) => {
    loop.program({ a: "A", n: "new" });
    loop.import({ from: "fresh" });
    expect(loop.inside()).toEqual({ a: "a", n: "new" });
    expect(paths(loop.apply())).toEqual(["n"]);
  });
});

function paths({ changes }: ApplySummary): string[] {
  return changes
    .filter(({ host }) => host !== "already")
    .map(({ path }) => path)
    .sort();
}

test("a mode that the program gave stays when the user changes the file, and is offered by the run that gave it", () => {
  withLoop({ "s.sh": "one\n", t: "t\n" }, (loop) => {
    const { recording, at } = loop;
    const modeOf = (path: string) => statSync(at(path)).mode & 0o777;
    const given = loop.change(({ files }) => {
      for (const name of ["s.sh", "t"] as Name[]) {
        const ino = childOf(files.tree, lookup(files.tree, "/in")?.ino ?? rootIno, name);
        if (ino !== undefined) files.perform({ kind: "set-mode", ino, mode: 0o750 });
      }
    });
    loop.user({ "s.sh": "one\ntwo\n" });
    const summary = loop.import();
    expect([summary.conflicts, summary.resolved]).toEqual([[], ["s.sh"]]);
    expect(loop.inside()).toEqual({ "s.sh": "one\ntwo\n", t: "t\n" });
    const idle = loop.change(() => {});
    const [unapplied] = unappliedAt(recording.history, recording.journal.head());
    const runs = unapplied !== undefined && "runs" in unapplied ? unapplied.runs : [];
    expect(runs).toContain(given);
    expect(runs).not.toContain(idle);
    loop.apply();
    expect([modeOf("s.sh"), modeOf("t"), loop.outside()]).toEqual([0o750, 0o750, loop.inside()]);
  });
});
