import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";

import { importDirectory } from "../../../src/host/index.ts";
import { rewindfs, shown, start } from "../../support/screen/command.ts";
import { record } from "../../support/journal.ts";
import { withTemporary } from "../../support/temporary.ts";

it("what an apply brought is put back, and of a folder that was moved it is told how to go on", () => {
  withTemporary((folder) => {
    mkdirSync(join(folder, "work"));
    writeFileSync(join(folder, "work", "a.txt"), "a\n");
    record(join(folder, "rewind.db"), ({ files, ...step }) => {
      importDirectory(files, join(folder, "work"), "/in");
      step.run("guest", [], () => step.write("/in/a.txt", "b\n"));
    });
    const see = (...args: string[]) => shown(rewindfs(folder, args)).replaceAll(folder, "FOLDER");
    see("apply", "work");
    see("-j", "new.db", "import", "work", "/in");
    expect(see("-j", "new.db", "diff")).toMatchInlineSnapshot(`
      "--- stderr
      no program has run yet; rewindfs tree shows what came in
      --- exit 0"
    `);
    expect(see("apply", "work", "--undo", "--dry-run")).toMatchInlineSnapshot(`
      "modified  a.txt
      --- stderr
      1 path would be put back in work; nothing was done
      --- exit 0"
    `);
    expect(see("apply", "work", "--undo")).toMatchInlineSnapshot(`
      "modified  a.txt
      --- stderr
      run 4: 1 path put back in work
      --- exit 0"
    `);
    renameSync(join(folder, "work"), join(folder, "moved"));
    expect(see("status").replace(/journal .*/, "")).toMatchInlineSnapshot(`
      "/in → FOLDER/work
        cannot apply to FOLDER/work: there is no such directory
        if it was moved: rewindfs apply FOLDER/work --to DIR

      --- exit 0"
    `);
    expect(see("apply", join(folder, "work"), "--to", "moved")).toMatchInlineSnapshot(`
      "modified  a.txt
      --- stderr
      run 5: 1 path applied to moved
      --- exit 0"
    `);
    expect(see("status").replace(/journal .*/, "")).toMatchInlineSnapshot(`
      "/in → FOLDER/moved
        nothing is left to apply

      --- exit 0"
    `);
    expect(see("apply", "moved", "--undo")).toMatchInlineSnapshot(`
      "modified  a.txt
      --- stderr
      run 6: 1 path put back in moved
      --- exit 0"
    `);
    expect(readFileSync(join(folder, "moved", "a.txt"), "utf8")).toBe("a\n");
    expect(see("status").replace(/journal .*/, "")).toMatchInlineSnapshot(`
      "/in → FOLDER/moved
        1 path to apply, by run 2
          modified  a.txt

      --- exit 0"
    `);
    expect(see("apply", "moved")).toMatchInlineSnapshot(`
      "modified  a.txt
      --- stderr
      run 7: 1 path applied to moved
      --- exit 0"
    `);
    expect(readFileSync(join(folder, "moved", "a.txt"), "utf8")).toBe("b\n");
  });
});

it("a run in a folder that is gone does not begin, and says so", () => {
  withTemporary((folder) => {
    const command = ["run", "python", "-c", "1"];
    const script = 'mkdir gone; cd gone; rmdir ../gone; exec "$@"';
    const { status, stderr } = spawnSync("/bin/sh", ["-c", script, "sh", ...start, ...command], {
      cwd: folder,
      env: { HOME: folder, REWINDFS_JOURNAL: join(folder, "run.db") },
      encoding: "utf8",
    });
    expect(stderr).toBe(
      "rewindfs: the working folder is gone: it was removed or moved\n" +
        "Hint: go to a folder that is there, with cd\n",
    );
    expect(status).toBe(125);
    expect(existsSync(join(folder, "run.db"))).toBe(false);
  });
});
