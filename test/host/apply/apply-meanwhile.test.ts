import {
  linkSync,
  mkdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";

import { openWriter } from "../../../journal/index.ts";
import { FileSystem, emptyTree, profiles } from "../../../src/fs/index.ts";
import { openHistory } from "../../../src/history/index.ts";
import { applyToHost, importDirectory, undoApply } from "../../../src/host/index.ts";
import { recorderOn } from "../../support/journal.ts";
import { withTemporary } from "../../support/temporary.ts";

/** Makes a folder with imported files, and a change on the host at the next look at the clock. */
function withFolder(
  files: readonly string[],
  run: (folder: {
    readonly at: (name: string) => string;
    readonly program: (change: (recorder: ReturnType<typeof recorderOn>) => void) => void;
    readonly apply: (meanwhile: () => void) => ReturnType<typeof applyToHost>;
    readonly undo: (meanwhile: () => void) => ReturnType<typeof undoApply>;
  }) => void,
): void {
  withTemporary((directory) => {
    const host = join(directory, "work");
    mkdirSync(host);
    let time = 1_000_000_000_000n;
    let meanwhile: (() => void) | undefined;
    const now = () => {
      const happens = meanwhile;
      meanwhile = undefined;
      happens?.();
      return (time += 1_000n);
    };
    const journal = openWriter(":memory:", { now });
    const fs = new FileSystem({ journal, tree: emptyTree(), limits: profiles.default });
    const history = openHistory(journal);
    const recorder = recorderOn(journal, fs);
    for (const name of files) writeFileSync(join(host, name), "imported");
    importDirectory(fs, host, "/in");
    run({
      at: (name) => join(host, name),
      program: (change) => void recorder.run("change", [], () => change(recorder)),
      apply(happens) {
        meanwhile = happens;
        return applyToHost(fs, history, host);
      },
      undo(happens) {
        meanwhile = happens;
        return undoApply(fs, history, host);
      },
    });
  });
}

const reason = "was changed on the host while this was applied";

test("what is saved on the host between an apply's look and its write stays, and is a conflict from then on", () => {
  withFolder(["a", "b", "c"], ({ at, program, apply }) => {
    program((recorder) => {
      recorder.write("/in/a", "the program's");
      recorder.write("/in/b", "the program's");
      recorder.remove("/in/c");
      recorder.write("/in/d", "the program's");
      recorder.write("/in/e", "the program's");
    });
    const { left } = apply(() => {
      writeFileSync(at("b"), "saved meanwhile");
      writeFileSync(at("c"), "saved meanwhile");
      writeFileSync(at("d"), "made meanwhile");
      symlinkSync("b", at("e"));
    });
    expect(left).toEqual(["c", "b", "d", "e"].map((path) => ({ path, reason })));
    const contents = ["a", "b", "c", "d"].map((name) => readFileSync(at(name), "utf8"));
    expect(contents).toEqual([
      "the program's",
      "saved meanwhile",
      "saved meanwhile",
      "made meanwhile",
    ]);
    const again = apply(() => {});
    expect(again.conflicts.map(({ path }) => path).toSorted()).toEqual(["b", "c", "d", "e"]);
  });
});

test("what is saved while an apply is taken back stays, too", () => {
  withFolder(["a", "b"], ({ at, program, apply, undo }) => {
    program((recorder) => {
      recorder.write("/in/a", "the program's");
      recorder.write("/in/b", "the program's");
    });
    apply(() => {});
    const { left } = undo(() => {
      rmSync(at("b"));
      writeFileSync(at("b"), "saved meanwhile");
    });
    expect(left).toEqual([{ path: "b", reason }]);
    expect(readFileSync(at("a"), "utf8")).toBe("imported");
    expect(readFileSync(at("b"), "utf8")).toBe("saved meanwhile");
  });
});

test("a file that is saved meanwhile with as many bytes, and with its old time, stays", () => {
  withFolder(["a", "b"], ({ at, program, apply }) => {
    program((recorder) => {
      recorder.write("/in/a", "the program's");
      recorder.write("/in/b", "the program's");
    });
    utimesSync(at("a"), 1_000, 1_000);
    const { left } = apply(() => {
      writeFileSync(at("a"), "of user ");
      utimesSync(at("a"), 1_000, 1_000);
    });
    expect(left).toEqual([{ path: "a", reason }]);
    expect(readFileSync(at("a"), "utf8")).toBe("of user ");
    expect(readFileSync(at("b"), "utf8")).toBe("the program's");
    expect(apply(() => {}).conflicts).toMatchObject([{ path: "a" }]);
  });
});

test("names of one file are all replaced, and removed, though each changes the record of the others", () => {
  withFolder(["a"], ({ at, program, apply }) => {
    for (const name of ["b", "c", "d"]) linkSync(at("a"), at(name));
    program((recorder) => {
      recorder.remove("/in/a");
      recorder.write("/in/a", "the program's");
    });
    expect(apply(() => {})).toMatchObject({ left: [], conflicts: [] });
    expect(["a", "b"].map((name) => readFileSync(at(name), "utf8"))).toEqual([
      "the program's",
      "imported",
    ]);
  });
});
