import { existsSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";

import { lookup } from "../../../src/history/index.ts";
import { applyToHost, importDirectory } from "../../../src/host/index.ts";
import { openRecording } from "../../support/recording.ts";
import { withTemporary } from "../../support/temporary.ts";

test("/tmp is the folder's own where it came with it, also once it is removed on this machine, and else the program's", () => {
  withTemporary((directory) => {
    const host = join(directory, "work");
    mkdirSync(join(host, "tmp"), { recursive: true });
    writeFileSync(join(host, "tmp/a"), "base");
    const { fs, history, recorder } = openRecording();
    importDirectory(fs, host, "/", { history });
    recorder.run("program", [], () => recorder.write("/tmp/a", "program"));
    rmSync(join(host, "tmp"), { recursive: true });

    const { conflicts } = importDirectory(fs, host, "/", { history });
    expect(conflicts).toMatchObject([{ path: "tmp/a" }]);
    expect(applyToHost(fs, history, host).conflicts).toMatchObject([{ path: "tmp/a" }]);
    expect(importDirectory(fs, host, "/", { history, conflicts: "ours" }).conflicts).toEqual([]);
    importDirectory(fs, host, "/", { history });
    expect(lookup(fs.tree, "/tmp/a")).toBeUndefined();

    recorder.run("program", [], () => {
      if (lookup(fs.tree, "/tmp") !== undefined) recorder.remove("/tmp");
      recorder.mkdir("/tmp");
      recorder.write("/tmp/scratch", "program's");
    });
    importDirectory(fs, host, "/", { history });
    expect(applyToHost(fs, history, host).changes).toEqual([]);
    expect(existsSync(join(host, "tmp"))).toBe(false);
  });
});
