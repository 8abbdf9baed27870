import {
  existsSync,
  lstatSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  readlinkSync,
  renameSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { expect, test } from "vitest";

import { type Name, rootIno } from "../../../journal/index.ts";
import { lookup } from "../../../src/history/index.ts";
import { HostError, type Skip, exportDirectory, importDirectory } from "../../../src/host/index.ts";
import { dump } from "../../support/dump/dump.ts";
import { hostile } from "../../support/hostile/hostile.ts";
import { hostSteps as steps } from "../../support/model/mutations.ts";
import { changeAsRun, openRecording } from "../../support/recording.ts";
import { attempts } from "../../support/scale.ts";
import { withTemporary } from "../../support/temporary.ts";

test("what is exported and imported again is the same", () => {
  fc.assert(
    fc.property(steps(60), (changes) => {
      withTemporary((host) => {
        const { fs, journal } = openRecording();
        changeAsRun(fs, changes);
        exportDirectory(fs.tree, journal, join(host, "out"));
        const again = openRecording();
        importDirectory(again.fs, join(host, "out"), "/");
        const [got, wanted] = [
          dump(again.fs.tree, again.journal, "/"),
          dump(fs.tree, journal, "/"),
        ];
        // A root that nothing changed has no times to give the directory.
        const from = lookup(fs.tree, "/")?.mtime === 0n ? 1 : 0;
        expect(got.slice(from)).toEqual(wanted.slice(from));
        expect(readdirSync(host)).toEqual(["out"]);
      });
    }),
    { numRuns: attempts(80) },
  );
});

test("names that a guest chose are only names, whatever they say", () => {
  withTemporary((host) => {
    const { fs, journal, recorder } = openRecording();
    const names = [...hostile, "...", "..\\..\\up", "~", ".rewindfs-0"].filter(
      (name) => Buffer.byteLength(name) <= 255,
    );
    recorder.run("names", [], () => {
      for (const name of names) fs.perform({ kind: "create", parent: rootIno, name: name as Name });
    });
    const counts = exportDirectory(fs.tree, journal, join(host, "out"));
    expect(counts.files).toBe(names.length);
    expect(readdirSync(join(host, "out")).sort()).toEqual(names.sort());
    expect(readdirSync(host)).toEqual(["out"]);
  });
});

test("a symlink of the filesystem is never written through", () => {
  withTemporary((host) => {
    mkdirSync(join(host, "victim"));
    const { fs, journal, recorder } = openRecording();
    recorder.run("links", [], () => {
      recorder.symlink("/escape", "../victim");
      recorder.symlink("/absolute", join(host, "victim"));
      recorder.mkdir("/d");
      recorder.symlink("/d/up", "../../victim");
      recorder.write("/d/up2", "file");
    });
    exportDirectory(fs.tree, journal, join(host, "out"));
    expect(readlinkSync(join(host, "out", "escape"))).toBe("../victim");
    expect(readlinkSync(join(host, "out", "absolute"))).toBe(join(host, "victim"));
    expect(readdirSync(join(host, "victim"))).toEqual([]);
  });
});

test("a directory that is exchanged for a symlink meanwhile is not written through", () => {
  withTemporary((host) => {
    const out = join(host, "out");
    mkdirSync(join(host, "victim"));
    const { fs, journal, recorder } = openRecording();
    recorder.run("write", [], () => {
      recorder.mkdir("/d");
      for (const name of ["a", "b", "c"]) recorder.write(`/d/${name}`, name);
    });
    const exchange = (name: string): undefined => {
      if (name !== "b") return;
      renameSync(join(out, "d"), join(out, "moved"));
      symlinkSync("../victim", join(out, "d"));
    };
    expect(codeOf(() => exportDirectory(fs.tree, journal, out, { leaveOut: exchange }))).toBe(
      "not-directory",
    );
    expect(readdirSync(join(host, "victim"))).toEqual([]);
    expect(readdirSync(join(out, "moved")).sort()).toEqual(["a", "b", "c"]);
  });
});

test("a target that is not empty, or is no directory, is refused and left as it is", () => {
  withTemporary((host) => {
    const { fs, journal, recorder } = openRecording();
    recorder.run("write", [], () => recorder.write("/f", "new"));
    mkdirSync(join(host, "full"));
    writeFileSync(join(host, "full", "f"), "old");
    mkdirSync(join(host, "elsewhere"));
    symlinkSync("elsewhere", join(host, "link"));
    const codes = ["full", "full/f", "link", "missing/out"].map((target) =>
      codeOf(() => exportDirectory(fs.tree, journal, join(host, target))),
    );
    expect(codes).toEqual(["not-empty", "exists", "exists", "missing"]);
    expect(readFileSync(join(host, "full", "f"), "utf8")).toBe("old");
    expect(readdirSync(join(host, "elsewhere"))).toEqual([]);
  });
});

test("holes stay holes", () => {
  withTemporary((host) => {
    const { fs, journal, recorder } = openRecording();
    recorder.run("write", [], () => {
      recorder.write("/f", "end", 50_000_000);
      recorder.truncate("/f", 80_000_000);
    });
    const counts = exportDirectory(fs.tree, journal, join(host, "out"));
    const stat = lstatSync(join(host, "out", "f"));
    expect(stat.size).toBe(80_000_000);
    expect(stat.blocks * 512).toBeLessThan(1_000_000);
    expect(counts.bytes).toBe(3);
  });
});

test("a directory can be exported by itself, and what is no directory cannot", () => {
  withTemporary((host) => {
    const { fs, journal, recorder } = openRecording();
    recorder.run("write", [], () => {
      recorder.mkdir("/d");
      recorder.write("/d/f", "in");
      recorder.write("/g", "out");
    });
    exportDirectory(fs.tree, journal, join(host, "out"), { path: "/d" });
    expect(readdirSync(join(host, "out"))).toEqual(["f"]);
    const other = join(host, "other");
    expect(codeOf(() => exportDirectory(fs.tree, journal, other, { path: "/g" }))).toBe(
      "not-directory",
    );
    expect(codeOf(() => exportDirectory(fs.tree, journal, other, { path: "/h" }))).toBe("missing");
    expect(existsSync(other)).toBe(false);
  });
});

test("what the host cannot hold is reported, and the rest exported", () => {
  withTemporary((host) => {
    const { fs, journal, recorder } = openRecording(":memory:", { "name-bytes": 1_000 });
    const long = "x".repeat(300) as Name;
    recorder.run("write", [], () => {
      fs.perform({ kind: "mkdir", parent: rootIno, name: long });
      recorder.write(`/${long}/f`, "lost");
      recorder.write("/g", "kept");
    });
    const skips: Skip[] = [];
    const counts = exportDirectory(fs.tree, journal, join(host, "out"), {
      onSkip: (skip) => skips.push(skip),
    });
    expect(skips).toEqual([{ path: `/${long}`, reason: "the name is too long for this host" }]);
    expect(counts).toMatchObject({ files: 1, directories: 0, skipped: 1 });
    expect(readdirSync(join(host, "out"))).toEqual(["g"]);
  });
});

test("what is git's own stays behind, and is told apart from what cannot be exported", () => {
  withTemporary((host) => {
    const { fs, journal, recorder } = openRecording();
    recorder.run("write", [], () => {
      fs.perform({ kind: "mkdir", parent: rootIno, name: ".git" as Name });
      fs.perform({ kind: "mkdir", parent: rootIno, name: "plain" as Name });
    });
    const skips: Skip[] = [];
    exportDirectory(fs.tree, journal, join(host, "out"), { onSkip: (skip) => skips.push(skip) });
    expect(skips).toEqual([{ path: "/.git", reason: "git runs commands from it", own: "git" }]);
  });
});

function codeOf(run: () => unknown): string {
  try {
    run();
  } catch (error) {
    if (error instanceof HostError) return error.code;
    throw error;
  }
  return "done";
}
