import {
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import Database from "better-sqlite3";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

import { parseBounds } from "../../../src/cli/asking/bounds.ts";
import { UsageError } from "../../../src/cli/command/failure.ts";
import { importDirectory } from "../../../src/host/index.ts";
import { rewindfs, shown } from "../../support/screen/command.ts";
import { record } from "../../support/journal.ts";

const folder = mkdtempSync(join(tmpdir(), "rewindfs-leaving-"));
const see = (...args: string[]) => shown(rewindfs(folder, args)).replaceAll(folder, "FOLDER");
const places = () => readdirSync(folder).filter((name) => !name.includes(".db"));

beforeAll(() => {
  mkdirSync(join(folder, "work", "build"), { recursive: true });
  writeFileSync(join(folder, "work", "build", "old"), "old");
  record(join(folder, "rewind.db"), ({ files, ...step }) => {
    importDirectory(files, join(folder, "work"), "/in");
    step.run("guest", [], () => {
      step.remove("/in/build/old");
      step.remove("/in/build");
      step.symlink("/in/build", "../.ssh");
      step.mkdir("/in/.git");
      step.write("/in/.git/config", "x");
      step.write("/in/.envrc", "x");
      step.write("/in/Makefile", "x");
      step.write("/in/plain", "x");
      step.symlink("/in/near\x1b[31m", "plain\u202e");
      step.write("/in/sparse", "x", 100_000);
    });
  });
  record(join(folder, "bad.db"), (step) => {
    step.run("guest", [], () => step.write("/f", "f"));
  });
  const bad = new Database(join(folder, "bad.db"));
  bad.exec("UPDATE chain SET digest = zeroblob(32) WHERE seq = (SELECT max(seq) FROM chain)");
  bad.close();
});

afterAll(() => {
  rmSync(folder, { recursive: true });
});

it("an apply's plan shows links with their targets, what tools act on, and what stays behind", () => {
  expect(see("apply", "work", "--dry-run")).toMatchInlineSnapshot(`
    "type-changed  build → ../.ssh  ! a directory became a link that leads out of the folder
    removed   build/old
    added     .envrc  ! a shell loads it when the folder is entered
    added     Makefile  ! a build runs it
    added     near\\x1b[31m → plain\\u{202e}
    added     plain
    added     sparse
    --- stderr
    left alone: .git: git runs commands from it
    7 paths would be applied to work, 1 left alone; nothing was done
    --- exit 0"
  `);
});

it("an export says what it left out and what tools would act on", () => {
  expect(see("export", "out", "--path", "/in")).toMatchInlineSnapshot(`
    "--- stderr
    left out /in/.git: git runs commands from it; --with-git takes it along
    exported to out: 4 files, 0 directories, 2 symlinks, 4 bytes
    ! /in/build → ../.ssh: a link that leads out of the folder
    ! /in/.envrc: a shell loads it when the folder is entered
    ! /in/Makefile: a build runs it
    --- exit 0"
  `);
  expect(readdirSync(join(folder, "out")).includes(".git")).toBe(false);
});

it("a diff shows where a link leads, and nothing of its name reaches the terminal", () => {
  expect(see("diff", "--stat")).toMatchInlineSnapshot(`
    "+1     -0  added     /in/.envrc  1
               added     /in/.git  directory
    +1     -0  added     /in/.git/config  1
    +1     -0  added     /in/Makefile  1
               type-changed  /in/build → ../.ssh  directory → symlink
    +0     -1  removed   /in/build/old  3
               added     /in/near\\x1b[31m → plain\\u{202e}  symlink
    +1     -0  added     /in/plain  1
        bytes  added     /in/sparse  97.7K
    --- stderr
    not applied to FOLDER/work yet:
    9 paths changed
    --- exit 0"
  `);
});

describe("a journal that is damaged", () => {
  it.each([
    ["export", "bad-out"],
    ["export", "--tar", "bad.tar"],
    ["export", "--git", "bad-git"],
    ["bisect", "0", "@", "--", "touch", "../ran"],
    ["apply", "work"],
  ])("lets nothing out by %s %s", (...args) => {
    const before = places();
    const { exit, stderr } = rewindfs(folder, ["-j", "bad.db", ...args]);
    expect(exit).toBe(3);
    expect(stderr).toMatch(/nothing was (exported|tried|applied): /);
    expect(stderr).toContain("Hint: rewindfs verify says more");
    expect(places()).toEqual(before);
  });

  it("of which nothing can be read is told so, with no promise that something can be taken out", () => {
    copyFileSync(join(folder, "bad.db"), join(folder, "cut.db"));
    truncateSync(join(folder, "cut.db"), 8_192);
    const { exit, stderr } = rewindfs(folder, ["-j", "cut.db", "export", "bad-out"]);
    expect(exit).toBe(3);
    expect(stderr).toMatch(
      /^rewindfs: nothing was exported: the journal: it cannot be opened \(.+\)\nHint: rewindfs can read nothing of it; /,
    );
  });

  it("gives what can be read where that is asked for, and says that nobody verified it", () => {
    const { exit, stderr } = rewindfs(folder, ["-j", "bad.db", "export", "--unverified", "read"]);
    expect(stderr).toContain("the journal was not verified");
    expect(exit).toBe(0);
    expect(readdirSync(join(folder, "read"))).toEqual(["f"]);
  });
});

it("a limit ends a command, names itself and can be raised", () => {
  for (const command of [["tree"], ["export", "few"]]) {
    const { exit, stderr } = rewindfs(folder, [...command, "--limit", "paths=2"]);
    expect(stderr).toContain("stopped: there are more than 2 paths\nHint: --limit paths=4 lets it");
    expect(exit).toBe(1);
  }
});

it("limits are read as they are typed, and others are refused", () => {
  const limit = ["paths=20", "depth=3", "bytes=2KiB", "zeros=1MiB", "seconds=2m"];
  expect(parseBounds({ limit })).toEqual({
    paths: 20,
    depth: 3,
    bytes: 2_048,
    zeros: 1_048_576,
    seconds: 120,
  });
  for (const wrong of ["names=20", "paths=many", "paths", "=1", "bytes=-1"])
    expect(() => parseBounds({ limit: [wrong] }), wrong).toThrow(UsageError);
});
