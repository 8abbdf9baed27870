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

  it("shows the words that changed within their lines", () => {
    expect(see("diff", "--word-diff", "-U", "0", "--", "/data/a.txt")).toMatchInlineSnapshot(`
      "modified  /data/a.txt  14 → 19
      --- a/data/a.txt
      +++ b/data/a.txt
      @@ -2 +2 @@
      [-two-]{+TWO+}
      @@ -3,0 +4 @@
      {+four+}
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

describe("grep --history in files that are no text", () => {
  it("tells each span of time once, and prints none of their bytes", () => {
    record(join(folder, "binary.db"), (step) =>
      step.run("one", [], () => {
        step.write("/a", "\0a line\nanother line\nthird line\n");
        step.write("/b", "a line\n");
        step.remove("/b");
      }),
    );
    expect(see("-j", "binary.db", "grep", "--history", "line")).toMatchInlineSnapshot(`
      "#5-#6  /b: a line
      #3-now  /a: matches, and is not text
      --- exit 0"
    `);
    expect(see("-j", "binary.db", "grep", "--history", "line", "--json")).toMatchInlineSnapshot(`
      "{"path":"/b","ino":3,"start":0,"text":"a line","added":5,"addedBy":1,"removed":6,"removedBy":1}
      {"path":"/a","ino":2,"binary":true,"added":3,"addedBy":1}
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
