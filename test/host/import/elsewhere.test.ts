import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { expect, test } from "vitest";

import { lookup, restore } from "../../../src/history/index.ts";
import { type ImportOptions, importDirectory } from "../../../src/host/index.ts";
import { type Loop, withLoop } from "../../support/loop.ts";

const files = { a: "a", "d/b": "b", "d/c": "c" };

/** Runs with a folder, in which another one was imported to d/other. */
function withOther(run: (loop: Loop, again: () => ReturnType<Loop["import"]>) => void): void {
  withLoop(files, (loop) => {
    const other = join(dirname(loop.host), "other");
    mkdirSync(other);
    writeFileSync(join(other, "o"), "of the other");
    const { fs, history } = loop.recording;
    const again = () => importDirectory(fs, other, "/in/d/other", { history });
    again();
    run(loop, again);
  });
}

const others = { "d/other/o": "of the other" };

test("a folder that is gone from this machine leaves what was imported into it from elsewhere", () => {
  withOther((loop) => {
    rmSync(loop.at("d"), { recursive: true });
    expect(loop.import()).toMatchObject({ removed: 2, conflicts: [] });
    expect(loop.inside()).toEqual({ a: "a", ...others });
    expect(loop.apply({ mode: "dry-run" })).toMatchObject({ changes: [], conflicts: [] });
  });
});

test("a file in the place of a folder with something from elsewhere is a conflict, however it is settled", () => {
  for (const conflicts of ["leave", "ours", "theirs", "merge"] as const)
    withOther((loop) => {
      rmSync(loop.at("d"), { recursive: true });
      loop.user({ d: "a file" });
      const { conflicts: left } = loop.import({ conflicts });
      expect(left).toEqual([{ path: "d", reason: "holds what was imported from elsewhere" }]);
      expect(loop.inside()).toEqual({ ...files, ...others });
      expect(loop.outside()).toEqual({ a: "a", d: "a file" });
    });
});

test("an import of everything leaves what was imported from elsewhere, and what this machine has at its place", () => {
  const all: readonly ImportOptions[] = [
    { from: "fresh" },
    { extra: "delete" },
    { from: "fresh", extra: "delete" },
  ];
  for (const options of all)
    withOther((loop) => {
      loop.user({ "d/other/hidden": "hidden" });
      loop.program({ "d/b": "program" });
      loop.import(options);
      expect(loop.inside()).toEqual({ ...files, ...others });
    });
});

test("a folder comes in anew beside what was imported from elsewhere, though its place is empty", () => {
  for (const bytes of ["now", "when needed"] as const)
    withOther((loop, again) => {
      const { fs, history } = loop.recording;
      restore(fs, history, 0 as never);
      loop.user({ "d/other/hidden": "hidden" });
      loop.import({ from: "fresh", bytes });
      expect(loop.inside()).toEqual(files);
      again();
      expect(lookup(fs.tree, "/in/d/other/hidden")).toBeUndefined();
    });
});

test("an import of everything does not count a file as taken where the program's folder stands in the way", () => {
  withLoop(files, (loop) => {
    loop.change((recorder) => {
      recorder.remove("/in/a");
      recorder.mkdir("/in/a");
      recorder.write("/in/a/x", "program");
    });
    const offered = [
      { path: "a", change: "type-changed", host: "changes" },
      { path: "a/x", change: "added", host: "changes" },
    ];
    expect(loop.apply({ mode: "dry-run" }).changes).toMatchObject(offered);
    expect(loop.import({ from: "fresh" })).toMatchObject({ skipped: 1 });
    expect(loop.apply({ mode: "dry-run" }).changes).toMatchObject(offered);
    expect(loop.import()).toMatchObject({ removed: 0, kept: 1 });
    loop.apply();
    expect(loop.outside()).toMatchObject({ "a/x": "program" });
  });
});

test("a conflict stays one where the bytes that both sides began from were never read", () => {
  withLoop({}, ({ host, recording: { fs, history, recorder } }) => {
    writeFileSync(join(host, "a"), "one\n");
    const take = (options: ImportOptions = {}) =>
      importDirectory(fs, host, "/lazy", {
        history,
        bytes: "when needed",
        now: () => 2n ** 62n,
        ...options,
      });
    take();
    writeFileSync(join(host, "a"), "of the user\n");
    recorder.run("program", [], () => {
      recorder.remove("/lazy/a");
      recorder.write("/lazy/a", "of the program\n");
    });
    expect(take({ conflicts: "merge" }).conflicts).toMatchObject([{ path: "a" }]);
    expect(take({ conflicts: "ours" })).toMatchObject({ resolved: ["a"], conflicts: [] });
  });
});
