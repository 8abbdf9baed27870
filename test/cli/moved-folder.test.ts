import { mkdirSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";

import { importDirectory } from "../../src/host/index.ts";
import { rewindfs, shown } from "../support/screen/command.ts";
import { record } from "../support/journal.ts";
import { withTemporary } from "../support/temporary.ts";

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
  });
});
