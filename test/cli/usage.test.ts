import {
  copyFileSync,
  existsSync,
  mkdtempSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import Database from "better-sqlite3";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Seq, compact } from "../../journal/index.ts";
import { baseStateOf } from "../../src/history/snapshots/base-state.ts";
import { forgedTree } from "../support/hostile/forged.ts";
import { rewindfs, shown } from "../support/screen/command.ts";
import { recordSample } from "./sample.ts";

const folder = mkdtempSync(join(tmpdir(), "rewindfs-cli-"));

const see = (...args: string[]) => shown(rewindfs(folder, args));

beforeAll(() => {
  recordSample(folder);
});

afterAll(() => {
  rmSync(folder, { recursive: true });
});

describe("a journal", () => {
  it("can be named before the command, after it, or in the environment", () => {
    const file = join(folder, "rewind.db");
    const elsewhere = (args: string[], env?: NodeJS.ProcessEnv) =>
      rewindfs(tmpdir(), args, env).exit;
    expect(elsewhere(["-j", file, "runs"])).toBe(0);
    expect(elsewhere(["runs", `--journal=${file}`])).toBe(0);
    expect(elsewhere(["runs"], { REWINDFS_JOURNAL: file })).toBe(0);
  });

  it("that is not there, or is none, is told of and left alone", () => {
    expect(see("-j", "nowhere.db", "log")).toMatchInlineSnapshot(`
      "--- stderr
      rewindfs: cannot open nowhere.db: there is no journal.
      Hint: record something first with \`rewindfs run\`, or name another file with --journal FILE.
      --- exit 2"
    `);
    for (const args of [["log"], ["undo"], ["mark", "here"], ["restore", "0"]]) {
      const { exit, stderr } = rewindfs(folder, ["-j", "none/such.db", ...args]);
      expect({ args, exit, stderr }).toEqual({
        args,
        exit: 2,
        stderr:
          "rewindfs: cannot open none/such.db: its directory does not exist.\n" +
          "Hint: make it first, or name another file with --journal FILE.\n",
      });
      expect(rewindfs(folder, ["-j", "nowhere.db", ...args])).toMatchObject({ exit: 2 });
    }
    expect(existsSync(join(folder, "nowhere.db"))).toBe(false);
    writeFileSync(join(folder, "notes.txt"), "no journal");
    expect(see("-j", "notes.txt", "log")).toMatchInlineSnapshot(`
      "--- stderr
      rewindfs: cannot open notes.txt: it is not a rewindfs journal.
      Hint: name another file with --journal FILE; this one was left untouched.
      --- exit 2"
    `);
  });
});

describe("usage", () => {
  it.each([
    ["an empty path", ["cat", ""]],
    ["an empty path", ["ls", ""]],
    ["an empty path", ["restore", "run:1^", "--", ""]],
    ["an empty path", ["diff", "--", ""]],
    ["an empty path", ["import", ".", ""]],
    ["an empty path", ["import", "", "/x"]],
    ["an empty path", ["export", ""]],
    ["an empty path", ["apply", ""]],
    ["a range that ends before it begins", ["blame", "/data/a.txt", "--bytes", "16-0"]],
    ["a range past the end", ["blame", "/data/a.txt", "--bytes", "500-600"]],
    ["a path that never was", ["diff", "--", "/nosuch"]],
    ["a span that ends before it begins", ["log", "--since", "9", "--until", "4"]],
    ["a count below nothing", ["log", "--limit", "-1"]],
    ["an unknown command", ["help", "nosuch"]],
    ["a journal in no directory", ["-j", "nosuch/x.db", "import", ".", "/"]],
    ["a mark like a revision", ["mark", "run:1"]],
  ])("refuses %s: %j", (_, args) => {
    const { exit, stderr, stdout } = rewindfs(folder, args);
    expect([exit, stdout]).toEqual([2, ""]);
    expect(stderr).toMatch(/^rewindfs: .+\nHint: /);
  });

  it("shows a path that is not there on one line", () => {
    expect(see("cat", "/a\nb").split("\n")).toHaveLength(4);
  });

  it("is told by help", () => {
    expect(see()).toMatchInlineSnapshot(`
      "Usage: rewindfs COMMAND [options]

      Records what sandboxed programs do to files, and steps back and forth through
      it.

      Options:
        -V, --version         print the version
        -j, --journal <file>  the journal (default: $REWINDFS_JOURNAL, or rewind.db)
        -h, --help            print help for a command

      Commands:
        run                   run a program, and record what it does to files
        exec                  run any program of this machine, and record what it does
                              to files
        runs                  list the runs of the journal
        status                show changes that are not applied to their folder yet
        findings              list what deserves a look in what programs did
        rules                 check rules for programs, or try them on past runs
        report                write all that happened to one page for a browser
        log                   list events: what was done to which path, and when
        show                  show one event in full, and the change it made
        diff                  show unapplied changes, or changes between two moments
        ls                    list a directory as it was at any moment
        tree                  draw the tree below a directory
        cat                   write a file's bytes to stdout
        mount                 show a past state in a folder, read-only, to any program
        stat                  show type, size, times and links of a path
        blame                 tell which event wrote each line of a file
        grep                  search files, as they are or as they ever were
        bisect                find the first event after which a command fails
        restore               restore files to an earlier moment
        undo                  take back the last run, restore or redo
        redo                  take back the last undo
        mark                  give a moment a name
        marks                 list the moments that have a name
        fork                  copy the past up to a moment into a new journal
        hook                  record what an agent changed in a folder, turn by turn:
                              its hook
        import                copy a host directory into the filesystem
        export                write a past state to a directory, tar file or git
        apply                 bring the changes back to a host directory
        redact                remove the bytes written to a path, for good
        gc                    fold the events before a moment into one state
        verify                check that the journal is whole and was not rewritten
        sign                  sign the journal's present contents
        ship                  send the journal to a depot, where those of many
                              machines are
        find                  search the runs of all machines in a depot
        pull                  fetch a journal from a depot
        depot                 receive, check and keep the journals of many machines
        mcp                   serve the filesystem and its past to agents (MCP)
        tui                   step through the past on the screen
        completion            write a script that completes commands and options in a
                              shell

      rewindfs help COMMAND explains one command. A revision is @ (now), @-N, N,
      run:N, mark:NAME, each with ^ for just before it, a time as log shows it or like
      2026-11-24T06:00:00Z, or an age like -5m.

      Exit codes: 0 done, 1 the answer is no or the machine refused (a full disk, a
      journal that is in use), 2 wrong usage, 3 a damaged journal; run passes on the
      guest's, and returns 125 if rewindfs itself failed.
      --- exit 0"
    `);
    expect(see("help", "cat")).toMatchInlineSnapshot(`
      "Usage: rewindfs cat [options] <path>

      Write a file's bytes to stdout.

      Arguments:
        path                  a file

      Options:
        -j, --journal <file>  the journal (default: $REWINDFS_JOURNAL, or rewind.db)
        --at <rev>            the moment to look at (default: "@")
        --raw                 raw bytes on a terminal too, which lets the file control
                              it
        -h, --help            print help for a command

      Examples:
        rewindfs cat /out/report.txt           a file as it is now
        rewindfs cat /a.bin --at run:1 >a.bin  a file as run 1 left it, byte for byte
      --- exit 0"
    `);
    expect(see("--help", "cat")).toBe(see("help", "cat"));
    expect(see("--version")).toMatch(/^\d+\.\d+\.\d+\n--- exit 0$/);
  });

  it("that is wrong is told with what comes near", () => {
    expect(see("lgo")).toMatchInlineSnapshot(`
      "--- stderr
      rewindfs: unknown command 'lgo'
      (Did you mean log?)
      Hint: rewindfs help lists the commands
      --- exit 2"
    `);
    expect(see("log", "--sinse", "1")).toMatchInlineSnapshot(`
      "--- stderr
      rewindfs: unknown option '--sinse'
      (Did you mean --since?)
      Hint: rewindfs help log shows how it is used
      --- exit 2"
    `);
    expect(see("export", "--git", "--path", "/app", "--branch", "agent")).toMatchInlineSnapshot(`
      "--- stderr
      rewindfs: --git lacks its value: --path is an option
      Hint: rewindfs help export shows how it is used
      --- exit 2"
    `);
    expect(see("cat")).toMatchInlineSnapshot(`
      "--- stderr
      rewindfs: missing required argument 'path'
      Hint: rewindfs help cat shows how it is used
      --- exit 2"
    `);
  });
});

describe("a damaged journal", () => {
  it("is found by verify, which names the event", () => {
    const file = join(folder, "damaged.db");
    copyFileSync(join(folder, "rewind.db"), file);
    const db = new Database(file);
    db.prepare("UPDATE event SET start = start + 1 WHERE seq = 7").run();
    db.close();
    expect(see("-j", "damaged.db", "verify")).toMatchInlineSnapshot(`
      "damaged  event 1, on /data: events 1 to 12, one commit, are not what the chain says
      --- stderr
      Hint: rewindfs fork @ NEW.db or rewindfs export --unverified DIR recover what can be read; if there is a copy, restore it
      --- exit 3"
    `);
    const { ok, seq } = JSON.parse(
      rewindfs(folder, ["-j", "damaged.db", "verify", "--json"]).stdout,
    );
    expect(ok).toBe(false);
    expect(seq).toBeLessThanOrEqual(7);
  });

  it("whose beginning is damaged has nothing before it that could be forked", () => {
    const file = join(folder, "begins.db");
    copyFileSync(join(folder, "rewind.db"), file);
    compact(file, {
      what: "12",
      choose: () => 12 as Seq,
      stateAt: (journal, seq) => {
        const entry = { parent: 1, name: "../outside", ino: 90, type: "file" } as const;
        return baseStateOf(journal, seq, forgedTree([entry]));
      },
    });
    expect(see("-j", "begins.db", "verify")).toMatchInlineSnapshot(`
      "damaged  event 12, on /: Cannot read begins.db: the state that it begins with is damaged (directory 1 has an entry "../outside").
      --- stderr
      Hint: nothing else tells of the state that it begins with; if there is a copy, restore it
      --- exit 3"
    `);
  });

  it("of which nothing can be read is not to be forked or exported", () => {
    copyFileSync(join(folder, "rewind.db"), join(folder, "cut.db"));
    truncateSync(join(folder, "cut.db"), 1000);
    expect(see("-j", "cut.db", "verify")).toMatchInlineSnapshot(`
      "damaged  the journal: it cannot be opened (database disk image is malformed)
      --- stderr
      Hint: rewindfs can read nothing of it; where there is a copy, restore it
      --- exit 3"
    `);
  });

  it("is told of by whatever stumbles over it", () => {
    const file = join(folder, "broken.db");
    copyFileSync(join(folder, "rewind.db"), file);
    const db = new Database(file);
    db.prepare("DELETE FROM segment").run();
    db.close();
    expect(see("-j", "broken.db", "cat", "/data/a.txt")).toMatchInlineSnapshot(`
      "--- stderr
      rewindfs: cannot read broken.db: the tape has no byte 16398.
      Hint: \`rewindfs verify\` tells what is damaged and what is whole; where there is a copy, restore it.
      --- exit 3"
    `);
  });
});
