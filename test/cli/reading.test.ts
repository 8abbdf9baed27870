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

import { rewindfs, shown } from "../support/command.ts";
import { record } from "../support/journal.ts";

const folder = mkdtempSync(join(tmpdir(), "rewindfs-cli-"));
const see = (...args: string[]) => shown(rewindfs(folder, args));

beforeAll(() => {
  record(join(folder, "rewind.db"), (step) => {
    step.run("app.wasm", ["--name", "a b"], () => {
      step.mkdir("/data");
      step.write("/data/a.txt", "one\ntwo\nthree\n");
      for (let at = 0; at < 4; at += 1) {
        step.write("/data/big.bin", new Uint8Array(4096).fill(at), at * 4096);
      }
      step.symlink("/data/link", "a.txt");
      step.refuse("open-at", "../etc/passwd");
      step.refuse("open-at", "../etc/passwd");
    });
    step.mark("first");
    step.run(
      "python",
      ["report.py"],
      () => {
        step.write("/data/a.txt", "one\nTWO\nthree\nfour\n");
        step.rename("/data/big.bin", "/data/bigger.bin");
        step.truncate("/data/bigger.bin", 100);
        step.remove("/data/link");
      },
      3,
    );
  });
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
      Hint: operations are create, write, set-size, mkdir, rmdir, unlink, rename, link, symlink, set-times, set-mode, revert, run-start, run-end, mark, fail, read, open; of fail, refused and failed
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
      Hint: a revision is @, @-N, N, run:N, mark:NAME, each with ^ for just before it, a time like 2026-11-24T06:00:00Z, or -5m
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
    expect(see("show", "17")).toMatchInlineSnapshot(`
      "#17  set-size
      time        2026-11-24T06:00:00.018000000Z
      run         2  python report.py
      path        /data/bigger.bin
      inode       4
      size after  100

      modified  /data/bigger.bin  16.0K → 100
      not text; 1 range of bytes changed
      -00000060  00 00 00 00 00 00 00 00  00 00 00 00 00 00 00 00  |................|
      +00000060  00 00 00 00                                       |....|
      -00000070  00 00 00 00 00 00 00 00  00 00 00 00 00 00 00 00  |................|
      -00000080  00 00 00 00 00 00 00 00  00 00 00 00 00 00 00 00  |................|
      -00000090  00 00 00 00 00 00 00 00  00 00 00 00 00 00 00 00  |................|
      -000000a0  00 00 00 00 00 00 00 00  00 00 00 00 00 00 00 00  |................|
      -000000b0  00 00 00 00 00 00 00 00  00 00 00 00 00 00 00 00  |................|
      -000000c0  00 00 00 00 00 00 00 00  00 00 00 00 00 00 00 00  |................|
      -000000d0  00 00 00 00 00 00 00 00  00 00 00 00 00 00 00 00  |................|
      -000000e0  00 00 00 00 00 00 00 00  00 00 00 00 00 00 00 00  |................|
      -000000f0  00 00 00 00 00 00 00 00  00 00 00 00 00 00 00 00  |................|
      -00000100  00 00 00 00 00 00 00 00  00 00 00 00 00 00 00 00  |................|
      -00000110  00 00 00 00 00 00 00 00  00 00 00 00 00 00 00 00  |................|
      and more
      --- exit 0"
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

describe("diff", () => {
  it("shows what the last run changed", () => {
    expect(see("diff")).toMatchInlineSnapshot(`
      "modified  /data/a.txt  14 → 19
      --- a/data/a.txt
      +++ b/data/a.txt
      @@ -1,3 +1,4 @@
       one
      -two
      +TWO
       three
      +four
      renamed   /data/big.bin → /data/bigger.bin  16.0K → 100
      not text; 1 range of bytes changed
      -00000060  00 00 00 00 00 00 00 00  00 00 00 00 00 00 00 00  |................|
      +00000060  00 00 00 00                                       |....|
      -00000070  00 00 00 00 00 00 00 00  00 00 00 00 00 00 00 00  |................|
      -00000080  00 00 00 00 00 00 00 00  00 00 00 00 00 00 00 00  |................|
      -00000090  00 00 00 00 00 00 00 00  00 00 00 00 00 00 00 00  |................|
      -000000a0  00 00 00 00 00 00 00 00  00 00 00 00 00 00 00 00  |................|
      -000000b0  00 00 00 00 00 00 00 00  00 00 00 00 00 00 00 00  |................|
      -000000c0  00 00 00 00 00 00 00 00  00 00 00 00 00 00 00 00  |................|
      -000000d0  00 00 00 00 00 00 00 00  00 00 00 00 00 00 00 00  |................|
      -000000e0  00 00 00 00 00 00 00 00  00 00 00 00 00 00 00 00  |................|
      -000000f0  00 00 00 00 00 00 00 00  00 00 00 00 00 00 00 00  |................|
      -00000100  00 00 00 00 00 00 00 00  00 00 00 00 00 00 00 00  |................|
      -00000110  00 00 00 00 00 00 00 00  00 00 00 00 00 00 00 00  |................|
      and more
      removed   /data/link  symlink
      -a.txt
      --- exit 0"
    `);
  });

  it("compares any two moments, by path", () => {
    expect(see("diff", "0", "mark:first", "--stat")).toMatchInlineSnapshot(`
      "           added     /data  directory
      +3     -0  added     /data/a.txt  14
          bytes  added     /data/big.bin  16.0K
                 added     /data/link → a.txt  symlink
      --- stderr
      4 paths changed
      --- exit 0"
    `);
    expect(see("diff", "@-3", "--", "data/a.txt")).toMatchInlineSnapshot(`"--- exit 0"`);
    expect(see("diff", "mark:first", "@", "--json")).toMatchInlineSnapshot(`
      "{"path":"/data/a.txt","change":"modified","sizeBefore":14,"sizeAfter":19}
      {"path":"/data/bigger.bin","change":"renamed","from":"/data/big.bin","sizeBefore":16384,"sizeAfter":100}
      {"path":"/data/link","change":"removed","sizeBefore":5}
      --- exit 0"
    `);
  });

  it("answers with its exit code when asked", () => {
    expect(rewindfs(folder, ["diff", "--exit-code"]).exit).toBe(1);
    expect(shown(rewindfs(folder, ["diff", "@", "@", "--exit-code"]))).toBe("--- exit 0");
  });
});

describe("paths of diff", () => {
  it("stand anywhere behind the revisions when they begin with /", () => {
    const whole = see("diff", "run:2^", "run:2", "--", "/data/a.txt");
    expect(whole).toContain("TWO");
    expect(see("diff", "run:2^", "run:2", "/data/a.txt")).toBe(whole);
    expect(see("diff", "run:2^", "/data/a.txt")).toBe(whole);
    expect(see("diff", "/data/a.txt")).toBe(whole);
    expect(see("diff", "/data/a.txt", "/data/link")).toBe(
      see("diff", "--", "data/a.txt", "data/link"),
    );
    expect(see("diff", "0", "@", "5")).toContain("5 is no path that begins with /");
    expect(see("diff", "/data", "5")).toContain("5 is no path that begins with /");
  });
});

describe("grep --history", () => {
  it("tells where a line is now that came under another name", () => {
    record(join(folder, "named.db"), (step) =>
      step.run("one", [], () => {
        step.write("/a.tmp", "a line\n");
        step.rename("/a.tmp", "/a");
      }),
    );
    expect(see("-j", "named.db", "grep", "--history", "line")).toMatchInlineSnapshot(`
      "#3-now  /a.tmp → /a: a line
      --- exit 0"
    `);
    expect(see("-j", "named.db", "grep", "--history", "line", "--json")).toMatchInlineSnapshot(`
      "{"path":"/a.tmp","now":"/a","ino":2,"start":0,"text":"a line","added":3,"addedBy":1}
      --- exit 0"
    `);
  });
});

describe("a path that is not there", () => {
  it("is looked for: what took it away, what brings it, or what it is like", () => {
    const hintOf = (...args: string[]) => /^Hint: (.*)$/m.exec(see(...args))?.[1];
    expect(hintOf("cat", "/data/big.bin")).toBe(
      "event 16 moved it to /data/bigger.bin; --at 15 has it",
    );
    expect(hintOf("blame", "/data/bigger.bin", "--at", "9")).toBe(
      "it comes with event 16; --at 16 has it",
    );
    expect(hintOf("grep", "one", "/data/a.text")).toBe("did you mean /data/a.txt?");
    expect(hintOf("grep", "--history", "one", "/data/a.text")).toBe("did you mean /data/a.txt?");
    expect(hintOf("log", "--path", "a.text")).toBe("did you mean /data/a.txt?");
    expect(hintOf("log", "--path", "/*.txt")).toBe("* stays within a name, ** does not");
    expect(hintOf("diff", "0", "5", "--", "/data/bigger.bin")).toBe(
      "it comes with event 16; it is there at event 16",
    );
    expect(hintOf("restore", "@", "/data/link")).toBe(
      "event 18 removed it; it is there at event 17",
    );
  });

  it("is no link that leads nowhere", () => {
    record(join(folder, "dangling.db"), (step) =>
      step.run("one", [], () => step.symlink("/link", "none")),
    );
    expect(see("-j", "dangling.db", "cat", "/link")).toMatchInlineSnapshot(`
      "--- stderr
      rewindfs: /link leads nowhere at @ (event 3): it is a link to none
      Hint: rewindfs stat tells of the link itself
      --- exit 1"
    `);
  });

  it("is told apart from one that came along with its directory", () => {
    record(join(folder, "moved.db"), (step) =>
      step.run("one", [], () => {
        step.mkdir("/old");
        step.write("/old/a.txt", "a");
        step.rename("/old", "/new");
      }),
    );
    expect(see("-j", "moved.db", "log", "--path", "/new/a.txt")).toMatchInlineSnapshot(`
      "--- stderr
      rewindfs: no event is on a path like /new/a.txt
      Hint: it came there with a directory, and was /old/a.txt before
      --- exit 0"
    `);
  });
});

describe("looking at a state", () => {
  it("lists directories", () => {
    expect(see("ls", "data", "--at", "mark:first")).toMatchInlineSnapshot(`
      "file     0644      14  3  2026-11-24 06:00:00  a.txt
      file     0644  16,384  4  2026-11-24 06:00:00  big.bin
      symlink  0777       5  5  2026-11-24 06:00:00  link → a.txt
      --- exit 0"
    `);
    expect(see("ls", "/data", "--json")).toMatchInlineSnapshot(`
      "{"name":"a.txt","type":"file","mode":"0644","size":19,"ino":3}
      {"name":"bigger.bin","type":"file","mode":"0644","size":100,"ino":4}
      --- exit 0"
    `);
    expect(see("ls", "-z", "/data")).toMatchInlineSnapshot(`
      "a.txt\0bigger.bin\0
      --- exit 0"
    `);
  });

  it("draws trees", () => {
    expect(see("tree", "--at", "run:1")).toMatchInlineSnapshot(`
      "/
      └── data
          ├── a.txt  14
          ├── big.bin  16.0K
          └── link → a.txt
      --- stderr
      1 directory, 3 files, 16.0KiB
      --- exit 0"
    `);
    expect(shown(rewindfs(folder, ["tree"], { LANG: "C" }))).toMatchInlineSnapshot(`
      "/
      \`-- data
          |-- a.txt  19
          \`-- bigger.bin  100
      --- stderr
      1 directory, 2 files, 119 bytes
      --- exit 0"
    `);
  });

  it("writes files byte for byte, through links", () => {
    expect(see("cat", "/data/link", "--at", "run:1")).toMatchInlineSnapshot(`
      "one
      two
      three
      --- exit 0"
    `);
    expect(rewindfs(folder, ["cat", "/data/a.txt"]).stdout).toBe("one\nTWO\nthree\nfour\n");
  });

  it("tells of a path", () => {
    expect(see("stat", "/data/link", "--at", "run:2^")).toMatchInlineSnapshot(`
      "path      /data/link
      type      symlink
      mode      0777
      size      5
      inode     5
      links     1
      modified  2026-11-24T06:00:00.011000000Z
      accessed  2026-11-24T06:00:00.011000000Z
      changed   2026-11-24T06:00:00.011000000Z
      target    a.txt
      --- exit 0"
    `);
    expect(see("stat", "/data/a.txt", "--json")).toMatchInlineSnapshot(`
      "{"path":"/data/a.txt","type":"file","mode":"0644","size":19,"ino":3,"links":1,"mtime":"2026-11-24T06:00:00.016000000Z","atime":"2026-11-24T06:00:00.004000000Z","ctime":"2026-11-24T06:00:00.016000000Z"}
      --- exit 0"
    `);
  });

  it("says where there is nothing", () => {
    expect(see("cat", "/data/link")).toMatchInlineSnapshot(`
      "--- stderr
      rewindfs: there is no /data/link at @ (event 19)
      Hint: event 18 removed it; --at 17 has it
      --- exit 1"
    `);
    expect(see("cat", "/data")).toMatchInlineSnapshot(`
      "--- stderr
      rewindfs: /data is a directory, not a file
      Hint: rewindfs ls /data lists it
      --- exit 1"
    `);
    expect(see("ls", "/", "--at", "99")).toMatchInlineSnapshot(`
      "--- stderr
      rewindfs: event 99 is not in the journal; the last is 19
      --- exit 2"
    `);
  });
});

describe("blame", () => {
  it("tells which event wrote each line, or each byte", () => {
    expect(see("blame", "/data/a.txt")).toMatchInlineSnapshot(`
      " #4  run 1  06:00:00.005  1  one
      #15  run 2  06:00:00.016  2  TWO
       #4  run 1  06:00:00.005  3  three
      #15  run 2  06:00:00.016  4  four
      --- exit 0"
    `);
    expect(see("blame", "/data/big.bin", "--at", "mark:first", "-b", "4000-9000"))
      .toMatchInlineSnapshot(`
      "#6  run 1  06:00:00.007  4000-4096     96
      #7  run 1  06:00:00.008  4096-8192  4,096
      #8  run 1  06:00:00.009  8192-9000    808
      --- exit 0"
    `);
    expect(see("blame", "/data/a.txt", "--json")).toMatchInlineSnapshot(`
      "{"start":0,"end":4,"seq":4,"run":1,"firstLine":1,"lastLine":1}
      {"start":4,"end":8,"seq":15,"run":2,"firstLine":2,"lastLine":2,"save":[15,15]}
      {"start":8,"end":14,"seq":4,"run":1,"firstLine":3,"lastLine":3}
      {"start":14,"end":19,"seq":15,"run":2,"firstLine":4,"lastLine":4,"save":[15,15]}
      --- exit 0"
    `);
  });
});

describe("grep", () => {
  it("finds lines, as they are or as they ever were", () => {
    expect(see("grep", "T.O|four")).toMatchInlineSnapshot(`
      "/data/a.txt:2: TWO
      /data/a.txt:4: four
      --- exit 0"
    `);
    expect(see("grep", "-i", "two", "--history")).toMatchInlineSnapshot(`
      "#4-#15  /data/a.txt: two
      #15-now  /data/a.txt: TWO
      --- exit 0"
    `);
    expect(see("grep", "nothing")).toMatchInlineSnapshot(`"--- exit 1"`);
    expect(see("grep", "(")).toMatchInlineSnapshot(`
      "--- stderr
      rewindfs: ( is no regular expression: Invalid regular expression: /(/u: Unterminated group
      Hint: -F takes it as plain text
      --- exit 2"
    `);
  });
});

describe("bisect", () => {
  it("finds the event after which a command fails", () => {
    expect(see("bisect", "0", "@", "--", "test", "!", "-f", "data/bigger.bin"))
      .toMatchInlineSnapshot(`
        "#16  06:00:00.017  rename  /data/big.bin → /data/bigger.bin
        run 2  python report.py
        --- stderr
        event 0: exit 0
        event 19: exit 1
        event 9: exit 0
        event 14: exit 0
        event 16: exit 1
        event 15: exit 0
        --- exit 0"
      `);
    expect(see("bisect", "0", "@", "--", "false")).toMatchInlineSnapshot(`
      "--- stderr
      event 0: exit 1
      rewindfs: the command fails at 0 already
      Hint: begin earlier
      --- exit 1"
    `);
    expect(see("bisect", "0", "@")).toMatchInlineSnapshot(`
      "--- stderr
      rewindfs: there is no command to try
      Hint: rewindfs bisect FROM TO -- COMMAND
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

      Records what sandboxed WebAssembly programs do to files, and steps back and
      forth through it.

      Options:
        -V, --version         print the version
        -j, --journal <file>  the journal (default: $REWINDFS_JOURNAL, or rewind.db)
        -h, --help            print help for a command

      Commands:
        run                   run a program, and record what it does to files
        runs                  list the runs of the journal
        status                show changes that are not applied to their folder yet
        findings              list what deserves a look in what programs did
        report                write all that happened to one page for a browser
        log                   list events: what was done to which path, and when
        show                  show one event in full, and the change it made
        diff                  show unapplied changes, or changes between two moments
        ls                    list a directory as it was at any moment
        tree                  draw the tree below a directory
        cat                   write a file's bytes to stdout
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
        import                copy a host directory into the filesystem
        export                write a past state to a directory, tar file or git
        apply                 bring the changes back to a host directory
        redact                remove the bytes written to a path, for good
        gc                    fold the events before a moment into one state
        verify                check that the journal is whole and was not rewritten
        sign                  sign the journal's present contents
        tui                   step through the past on the screen

      rewindfs help COMMAND explains one command. A revision is @ (now), @-N, N, run:N, mark:NAME, each with ^ for
      just before it, a time like 2026-11-24T06:00:00Z, or an age like -5m.

      Exit codes: 0 done, 1 the answer is no or the machine refused (a full disk, a journal that is in use),
      2 wrong usage, 3 a damaged journal; run passes on the guest's, and returns 125 if rewindfs itself failed.
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
