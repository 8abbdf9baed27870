import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { rewindfs, shown } from "../../support/screen/command.ts";
import { recordSample } from "../sample.ts";
import { record } from "../../support/journal.ts";

const folder = mkdtempSync(join(tmpdir(), "rewindfs-cli-"));

const see = (...args: string[]) => shown(rewindfs(folder, args));

beforeAll(() => {
  recordSample(folder);
});

afterAll(() => {
  rmSync(folder, { recursive: true });
});

describe("log", () => {
  it("lists events under their runs, writes to one file in a row as one", () => {
    expect(see("log")).toMatchInlineSnapshot(`
      "run 1  app.wasm --name 'a b'  2026-11-24 06:00:00  exit 0
        2  06:00:00.003  mkdir                 /data
        3  06:00:00.004  create                /data/a.txt
        4  06:00:00.005  write             14  /data/a.txt
        5  06:00:00.006  create                /data/big.bin
        6  06:00:00.007  write ×4       16.0K  /data/big.bin  #6-9
       10  06:00:00.011  symlink               /data/link → a.txt
       11  06:00:00.012  refused ×2            ../etc/passwd  open-at: not-permitted
       12  06:00:00.013  run-end               exit 0
       13  06:00:00.014  mark                  first  at 12
      run 2  python report.py  2026-11-24 06:00:00  exit 3
       15  06:00:00.016  write             19  /data/a.txt
       16  06:00:00.017  rename                /data/big.bin → /data/bigger.bin
       17  06:00:00.018  set-size        =100  /data/bigger.bin
       18  06:00:00.019  unlink                /data/link
       19  06:00:00.020  run-end               exit 3
      --- exit 0"
    `);
  });

  it("gives each event its line with --raw", () => {
    expect(see("log", "--raw", "--run", "1", "--path", "*.bin")).toMatchInlineSnapshot(`
      "run 1  app.wasm --name 'a b'  2026-11-24 06:00:00  exit 0
        5  06:00:00.006  create                /data/big.bin
        6  06:00:00.007  write           4.0K  /data/big.bin
        7  06:00:00.008  write           4.0K  /data/big.bin
        8  06:00:00.009  write           4.0K  /data/big.bin
        9  06:00:00.010  write           4.0K  /data/big.bin
      --- exit 0"
    `);
  });

  it("filters by run, operation, path and moment", () => {
    expect(see("log", "--run", "-1", "--op", "unlink", "--op", "rename")).toMatchInlineSnapshot(`
      "run 2  python report.py  2026-11-24 06:00:00  exit 3
       16  06:00:00.017  rename                /data/big.bin → /data/bigger.bin
       18  06:00:00.019  unlink                /data/link
      --- exit 0"
    `);
    expect(see("log", "--path", "/data/big*", "-n", "2", "--reverse")).toMatchInlineSnapshot(`
      "run 2  python report.py  2026-11-24 06:00:00  exit 3
       17  06:00:00.018  set-size        =100  /data/bigger.bin
       16  06:00:00.017  rename                /data/big.bin → /data/bigger.bin
      --- exit 0"
    `);
    expect(see("log", "--since", "mark:first", "--until", "@-3")).toMatchInlineSnapshot(`
      " 13  06:00:00.014  mark                  first  at 12
      run 2  python report.py  2026-11-24 06:00:00  exit 3
       15  06:00:00.016  write             19  /data/a.txt
       16  06:00:00.017  rename                /data/big.bin → /data/bigger.bin
      --- exit 0"
    `);
    expect(see("log", "--path", "/nowhere")).toMatchInlineSnapshot(`
      "--- stderr
      rewindfs: no event is on a path like /nowhere
      Hint: rewindfs tree shows the files now, rewindfs log their events
      --- exit 0"
    `);
  });

  it("takes a path as it is, several operations at once, and what it calls refused", () => {
    expect(see("log", "/data/link")).toBe(see("log", "--path", "/data/link"));
    expect(see("log", "--op", "mkdir,symlink")).toBe(
      see("log", "--op", "mkdir", "--op", "symlink"),
    );
    expect(see("log", "--op", "refused")).toBe(see("log", "--op", "fail"));
    expect(see("log", "--op", "refused")).toContain("../etc/passwd");
    expect(see("log", "/a", "--path", "/b")).toContain("there are two paths: /b and /a");
  });

  it("says which of its two paths a refused call is told by", () => {
    record(join(folder, "refused.db"), (step) =>
      step.run("app.wasm", [], () => {
        step.refuse("rename-at", "../old");
        step.refuse("symlink-at", "../link");
      }),
    );
    expect(see("-j", "refused.db", "log", "--op", "fail")).toMatchInlineSnapshot(`
      "run 1  app.wasm  2026-11-24 06:00:00  exit 0
        2  06:00:00.003  refused               ../old  rename-at (from): not-permitted
        3  06:00:00.004  refused               ../link  symlink-at: not-permitted
      --- exit 0"
    `);
    expect(see("-j", "refused.db", "show", "2")).toMatchInlineSnapshot(`
      "#2  refused
      time       2026-11-24T06:00:00.003000000Z
      run        1  app.wasm
      operation  rename-at
      from       ../old
      to         not recorded of a call that comes to nothing
      error      not-permitted
      verdict    refused
      times      1
      --- exit 0"
    `);
    expect(see("-j", "refused.db", "show", "3")).toContain("target     not recorded");
  });

  it("says what is wrong with a filter", () => {
    expect(see("log", "--op", "delete")).toMatchInlineSnapshot(`
      "--- stderr
      rewindfs: there is no operation delete
      Hint: operations are create, write, set-size, mkdir, rmdir, unlink, rename, link, symlink, set-times, set-mode, revert, run-start, run-end, mark, fail, read, open, listing, fetch, mknod, exchange, set-xattr, revert-xattr, remove-xattr, process, decision; of fail, refused and failed
      --- exit 2"
    `);
    expect(see("log", "--run", "9")).toMatchInlineSnapshot(`
      "--- stderr
      rewindfs: there is no run 9 in rewind.db
      Hint: rewindfs runs lists them
      --- exit 2"
    `);
    expect(see("log", "--since", "yesterday")).toMatchInlineSnapshot(`
      "--- stderr
      rewindfs: "yesterday" is not a revision
      Hint: a revision is @, @-N, N, run:N, run:label:NAME=TEXT, mark:NAME, each with ^ for just before it, a time as log shows it or like 2026-11-24T06:00:00Z, or -5m
      --- exit 2"
    `);
  });

  it("prints one JSON object a line", () => {
    const lines = rewindfs(folder, ["log", "--json"]).stdout.trimEnd().split("\n");
    const events: unknown[] = lines.map((line) => JSON.parse(line));
    expect(events.length).toBe(19);
    expect(events[3]).toEqual({
      seq: 4,
      time: "2026-11-24T06:00:00.005000000Z",
      run: 1,
      op: "write",
      path: "/data/a.txt",
      ino: 3,
      offset: 0,
      length: 14,
      size: 14,
    });
    expect(events[10]).toMatchObject({
      op: "fail",
      path: "../etc/passwd",
      attempted: "open-at",
      error: "not-permitted",
      count: 2,
    });
    expect(events[15]).toMatchObject({
      op: "rename",
      path: "/data/big.bin",
      to: "/data/bigger.bin",
    });
    expect(events[16]).toMatchObject({ op: "set-size", size: 100 });
  });

  it("gives the same sizes whichever events are asked for", () => {
    const sizes = (...args: string[]) =>
      rewindfs(folder, ["log", "--json", "--op", "write", ...args])
        .stdout.trimEnd()
        .split("\n")
        .map((line) => JSON.parse(line).size);
    expect(sizes()).toEqual([14, 4096, 8192, 12288, 16384, 19]);
    expect(sizes("--reverse", "-n", "2")).toEqual([19, 16384]);
  });
});

describe("runs", () => {
  it("lists what ran, and how it ended", () => {
    expect(see("runs")).toMatchInlineSnapshot(`
      "run  kind   started               took  events  exit  command
        1  guest  2026-11-24 06:00:00  11 ms      12     0  app.wasm --name 'a b'
        2  guest  2026-11-24 06:00:00   5 ms       6     3  python report.py
      --- exit 0"
    `);
    expect(see("runs", "--json")).toMatchInlineSnapshot(`
      "{"run":1,"kind":"guest","guest":"app.wasm","args":["--name","a b"],"started":"2026-11-24T06:00:00.002000000Z","ended":"2026-11-24T06:00:00.013000000Z","exit":0,"first":1,"last":12}
      {"run":2,"kind":"guest","guest":"python","args":["report.py"],"started":"2026-11-24T06:00:00.015000000Z","ended":"2026-11-24T06:00:00.020000000Z","exit":3,"first":14,"last":19}
      --- exit 0"
    `);
  });
});

describe("show", () => {
  it("tells all of an event, with its bytes and the change it made", () => {
    expect(see("show", "16")).toMatchInlineSnapshot(`
      "#16  rename
      time      2026-11-24T06:00:00.017000000Z
      run       2  python report.py
      path      /data/big.bin
      inode     4
      new path  /data/bigger.bin

      renamed   /data/big.bin → /data/bigger.bin  16.0K
      --- exit 0"
    `);
    expect(see("show", "#12")).toMatchInlineSnapshot(`
      "#12  run-end
      time  2026-11-24T06:00:00.013000000Z
      run   1  app.wasm --name 'a b'
      exit  0
      --- exit 0"
    `);
    // The bytes are those that diff shows, too.
    expect(see("show", "17").split("\n").slice(0, 10).join("\n")).toMatchInlineSnapshot(`
      "#17  set-size
      time        2026-11-24T06:00:00.018000000Z
      run         2  python report.py
      path        /data/bigger.bin
      inode       4
      size after  100

      modified  /data/bigger.bin  16.0K → 100
      not text; 1 range of bytes changed
      -00000060  00 00 00 00 00 00 00 00  00 00 00 00 00 00 00 00  |................|"
    `);
    expect(see("show", "4", "--json")).toMatchInlineSnapshot(`
      "{"seq":4,"time":"2026-11-24T06:00:00.005000000Z","run":1,"op":"write","path":"/data/a.txt","ino":3,"offset":0,"length":14,"size":14,"tape":0,"text":"one\\ntwo\\nthree\\n"}
      --- exit 0"
    `);
  });

  it("knows no event 0", () => {
    expect(see("show", "0")).toMatchInlineSnapshot(`
      "--- stderr
      rewindfs: there is no event 0
      Hint: events count from 1
      --- exit 2"
    `);
    expect(see("show", "23")).toMatchInlineSnapshot(`
      "--- stderr
      rewindfs: event 23 is not in the journal; the last is 19
      --- exit 2"
    `);
  });
});

describe("verify", () => {
  it("says that all is well, and names the last digest", () => {
    const { stdout, exit } = rewindfs(folder, ["verify"]);
    expect(stdout).toMatch(/^ok {2}19 events, head [0-9a-f]{64}\n$/);
    expect(exit).toBe(0);
  });

  it("vouches for a digest that was kept, and for no other", () => {
    const { head } = JSON.parse(rewindfs(folder, ["verify", "--json"]).stdout);
    expect(rewindfs(folder, ["verify", "--head", head]).exit).toBe(0);
    expect(see("verify", "--head", "0".repeat(64))).toMatchInlineSnapshot(`
      "damaged  the journal: the digest that was kept is that of no commit: events were cut off or rewritten since, or it is of another journal
      --- exit 3"
    `);
    expect(see("verify", "--head", "abc")).toMatchInlineSnapshot(`
      "--- stderr
      rewindfs: --head abc is no digest
      Hint: give all 64 hex digits that run printed
      --- exit 2"
    `);
  });
});

describe("a run without an end", () => {
  it("was killed, when nobody writes the journal", () => {
    record(join(folder, "cut-short.db"), ({ files }) => {
      files.begin({ cause: "guest", guest: "g", args: [], environment: [], digest: "" });
    });
    expect(see("-j", "cut-short.db", "log")).toMatch(/^run 1 .*  killed\n/);
    expect(see("-j", "cut-short.db", "runs")).toMatch(/ killed  g$/m);
  });
});
