import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { type Result, rewindfs } from "../support/screen/command.ts";
import { guest, steadied } from "./steady.ts";

const folder = mkdtempSync(join(tmpdir(), "rewindfs-cli-run-"));

afterAll(() => {
  rmSync(folder, { recursive: true });
});

const steady = (result: Result) => steadied(result, folder);

describe("import and export", () => {
  it("copies a directory in before a run, and any state out", () => {
    mkdirSync(join(folder, "data"));
    writeFileSync(join(folder, "data", "a.txt"), "hello\n");
    const result = rewindfs(folder, [
      "-j",
      "data.db",
      "run",
      "--dir",
      "data::/data",
      guest,
      "hello",
    ]);
    expect(steady(result)).toMatchInlineSnapshot(`
      "hello
      --- stderr
      run 1: imported FOLDER/data to /data (2 paths added, 6 bytes)
      run 2: exit 0, TIME, 2 events, 0 paths changed, 0 calls refused
      head DIGEST
      Next: rewindfs -j data.db log --run 2 shows every step
      --- exit 0"
    `);
    expect(steady(rewindfs(folder, ["-j", "data.db", "import", "data", "/data"])))
      .toMatchInlineSnapshot(`
        "--- stderr
        run 3: imported FOLDER/data to /data (0 paths added, 2 unchanged, 6 bytes)
        it went on from what was there
        --- exit 0"
      `);
    expect(steady(rewindfs(folder, ["-j", "data.db", "export", "--at", "run:1", "out"])))
      .toMatchInlineSnapshot(`
        "--- stderr
        exported to out: 1 file, 1 directory, 6 bytes
        --- exit 0"
      `);
    expect(readFileSync(join(folder, "out", "data", "a.txt"), "utf8")).toBe("hello\n");
    expect(steady(rewindfs(folder, ["-j", "data.db", "export", "out"]))).toMatchInlineSnapshot(`
      "--- stderr
      rewindfs: cannot export to out: it is not empty
      Hint: give an empty directory, or a path that does not exist
      --- exit 2"
    `);
    expect(steady(rewindfs(folder, ["-j", "data.db", "export"]))).toMatchInlineSnapshot(`
      "--- stderr
      rewindfs: an export goes to one place
      Hint: give a directory, --tar FILE or --git DIR
      --- exit 2"
    `);
    expect(steady(rewindfs(folder, ["-j", "data.db", "export", "--tar", "data.tar"])))
      .toMatchInlineSnapshot(`
      "--- stderr
      exported to data.tar: 1 file, 1 directory, 6 bytes
      --- exit 0"
    `);
    const piped = rewindfs(folder, ["-j", "data.db", "export", "--tar", "-"]);
    expect(piped.stdout).toBe(readFileSync(join(folder, "data.tar"), "utf8"));
    expect(steady(rewindfs(folder, ["-j", "data.db", "import", "nowhere", "/x"])))
      .toMatchInlineSnapshot(`
        "--- stderr
        rewindfs: cannot import nowhere: there is no such file or directory
        Hint: a relative path begins in the working directory
        --- exit 2"
      `);
  });

  it("brings changes back, and refuses to go over what changed here", () => {
    const call = (...args: string[]) => steady(rewindfs(folder, ["-j", "apply.db", ...args]));
    const file = join(folder, "work", "cut");
    mkdirSync(join(folder, "work"));
    call("import", "work", "/");
    call("run", guest, "truncate");
    expect(call("apply", "work", "-n")).toMatchInlineSnapshot(`
      "added     cut
      --- stderr
      1 path would be applied to work; nothing was done
      --- exit 0"
    `);
    expect(call("apply", "work")).toMatchInlineSnapshot(`
      "added     cut
      --- stderr
      run 3: 1 path applied to work
      --- exit 0"
    `);
    expect(readFileSync(file, "utf8")).toBe("0123\0\0\0\0");
    writeFileSync(file, "mine\n");
    call("restore", "run:1");
    expect(call("apply", "work")).toMatchInlineSnapshot(`
      "removed   cut  (conflict)
      --- stderr
      conflict: cut: was changed on the host since it was imported
      nothing to apply to work: 1 conflict
      Hint: --merge brings both versions together, --ours takes this machine's, --theirs the program's
      --- exit 1"
    `);
    expect(call("apply", "work", "-n")).toMatchInlineSnapshot(`
      "removed   cut  (conflict)
      --- stderr
      conflict: cut: was changed on the host since it was imported
      nothing to apply to work: 1 conflict
      Hint: --merge brings both versions together, --ours takes this machine's, --theirs the program's
      --- exit 1"
    `);
    expect(call("apply", "work", "--theirs")).toMatchInlineSnapshot(`
      "removed   cut
      --- stderr
      settled: cut: the program's version counts; this machine's is in the journal
      run 7: 1 path applied to work
      --- exit 0"
    `);
    expect(existsSync(file)).toBe(false);
    expect(call("apply", "work")).toMatchInlineSnapshot(`
      "--- stderr
      nothing to apply to work: it is the same as / since event 25
      --- exit 0"
    `);
    mkdirSync(join(folder, "other"));
    expect(call("apply", "other")).toMatchInlineSnapshot(`
      "--- stderr
      rewindfs: cannot apply to FOLDER/other: it was never imported
      Hint: imported were: FOLDER/work; for one that stands elsewhere now: apply OLD --to FOLDER/other
      --- exit 2"
    `);
  });

  it("imports nothing for a guest that is not there", () => {
    expect(
      rewindfs(folder, ["-j", "never.db", "run", "--dir", "data::/data", "missing.wasm"]).exit,
    ).toBe(127);
    expect(rewindfs(folder, ["-j", "never.db", "runs"]).exit).toBe(2);
  });
});

describe("restore", () => {
  it("puts files back, as an event like any other", () => {
    const restore = (...args: string[]) =>
      steady(rewindfs(folder, ["-j", "restore.db", "restore", ...args]));
    rewindfs(folder, ["-j", "restore.db", "run", "-q", guest, "truncate"]);
    expect(restore("0", "--dry-run")).toMatchInlineSnapshot(`
      "removed   /cut  8
      --- stderr
      1 path would be put back; nothing was done
      --- exit 0"
    `);
    expect(restore("0")).toMatchInlineSnapshot(`
      "removed   /cut  8
      --- stderr
      run 2: 1 path put back; rewindfs undo takes this back
      --- exit 0"
    `);
    expect(restore("0")).toMatchInlineSnapshot(`
      "--- stderr
      nothing to do: it is like that already
      --- exit 0"
    `);
    expect(rewindfs(folder, ["-j", "restore.db", "diff", "0", "@", "--exit-code"]).exit).toBe(0);
    expect(restore("0", "--", "nowhere")).toMatchInlineSnapshot(`
      "--- stderr
      rewindfs: there is no /nowhere at 0, nor now
      Hint: rewindfs tree shows the files now, rewindfs log their events
      --- exit 1"
    `);
  });
});

describe("mark", () => {
  it("names a moment for later", () => {
    const call = (...args: string[]) => rewindfs(folder, ["-j", "mark.db", ...args]);
    call("run", "-q", guest, "truncate");
    expect(steady(call("mark", "start", "0"))).toMatchInlineSnapshot(`
      "--- stderr
      mark:start is event 0
      --- exit 0"
    `);
    expect(call("ls", "--at", "mark:start")).toEqual({
      stdout: "",
      stderr: "",
      exit: 0,
    });
    expect(steady(call("ls", "--at", "mark:end"))).toMatchInlineSnapshot(`
      "--- stderr
      rewindfs: no mark is called "end"; there are start
      --- exit 2"
    `);
  });
});

describe("undo and redo", () => {
  it("go back and forth over whole runs", () => {
    const call = (...args: string[]) => steady(rewindfs(folder, ["-j", "undo.db", ...args]));
    rewindfs(folder, ["-j", "undo.db", "run", "-q", guest, "truncate"]);
    expect(call("redo")).toMatchInlineSnapshot(`
      "--- stderr
      rewindfs: there is no undo of a run to take back
      Hint: a redo is possible until something new happens
      --- exit 1"
    `);
    expect(call("undo", "-n")).toMatchInlineSnapshot(`
      "removed   /cut  8
      --- stderr
      run 1 would be taken back
      1 path would be put back; nothing was done
      --- exit 0"
    `);
    expect(call("undo")).toMatchInlineSnapshot(`
      "removed   /cut  8
      --- stderr
      run 1 was taken back
      run 2: 1 path put back; rewindfs redo brings it back
      --- exit 0"
    `);
    expect(call("undo")).toMatchInlineSnapshot(`
      "--- stderr
      rewindfs: there is no run to undo
      Hint: \`runs\` shows what there is
      --- exit 1"
    `);
    expect(call("redo")).toMatchInlineSnapshot(`
      "added     /cut  8
      --- stderr
      run 1 was done again
      run 3: 1 path put back; rewindfs undo takes it back
      --- exit 0"
    `);
    expect(call("log", "--run", "-1", "--op", "run-start")).toContain("redo run:1  ");
    expect(call("undo", "--run", "9")).toMatchInlineSnapshot(`
      "--- stderr
      rewindfs: there is no run 9 in undo.db
      Hint: rewindfs runs lists them
      --- exit 2"
    `);
  });
});

describe("fork", () => {
  it("begins a journal of its own with the same past", () => {
    const call = (...args: string[]) => steady(rewindfs(folder, ["-j", "past.db", ...args]));
    rewindfs(folder, ["-j", "past.db", "run", "-q", guest, "truncate"]);
    rewindfs(folder, ["-j", "past.db", "undo"]);
    expect(call("fork", "run:1", "forked.db")).toMatchInlineSnapshot(`
      "--- stderr
      forked to forked.db: 6 events, 10 bytes
      head DIGEST
      --- exit 0"
    `);
    expect(call("fork", "run:1", "forked.db")).toMatchInlineSnapshot(`
      "--- stderr
      rewindfs: cannot fork to forked.db: it exists
      Hint: give a path that does not exist
      --- exit 2"
    `);
    expect(rewindfs(folder, ["-j", "forked.db", "log"]).stdout).toBe(
      rewindfs(folder, ["-j", "past.db", "log", "--until", "run:1"]).stdout,
    );
    expect(rewindfs(folder, ["-j", "forked.db", "verify"]).exit).toBe(0);
  });
});
