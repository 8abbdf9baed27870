import { generateKeyPairSync } from "node:crypto";
import { copyFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeEach, describe, expect, it } from "vitest";

import { rewindfs, shown } from "../../support/screen/command.ts";
import { record } from "../../support/journal.ts";

const folder = mkdtempSync(join(tmpdir(), "rewindfs-cli-forget-"));
const file = join(folder, "rewind.db");
const template = join(folder, "template.db");
const guest = new URL("../../guests/preview1/files.wasm", import.meta.url).pathname;

afterAll(() => rmSync(folder, { recursive: true }));

record(template, (step) => {
  step.run("make", [], () => {
    step.mkdir("/home");
    step.write("/home/key", "hunter2 is the word\n");
    step.write("/readme", "hello\n");
  });
  step.mark("made");
  step.journal.commit();
  step.run("move", [], () => {
    step.rename("/home/key", "/key");
    step.write("/key", "and hunter3\n", 20);
  });
});

beforeEach(() => copyFileSync(template, file));

const see = (...args: string[]): string =>
  shown(rewindfs(folder, args))
    .replaceAll(/\b[0-9a-f]{64}\b/g, "DIGEST")
    .replaceAll(folder, "FOLDER");

describe("redact", () => {
  it("tells what it would remove, whatever the file was called when it was written", () => {
    const before = readFileSync(file);
    expect(see("redact", "/home", "--dry-run")).toMatchInlineSnapshot(`
      "1 write  20  #4   /home/key
      1 write  12  #11  /key
      --- stderr
      nothing was removed
      --- exit 0"
    `);
    expect(readFileSync(file).equals(before)).toBe(true);
  });

  it("removes it, and everything that reads it says so", () => {
    expect(see("redact", "/home/key")).toMatchInlineSnapshot(`
      "1 write  20  #4   /home/key
      1 write  12  #11  /key
      --- stderr
      run 3: 32 bytes of 2 writes removed for good
      --- exit 0"
    `);
    expect(readFileSync(file).includes("hunter")).toBe(false);
    expect(see("cat", "/key")).toMatchInlineSnapshot(`
      "[redacted][redacted][redacted][r
      --- stderr
      rewindfs: 32 bytes of /key are redacted: the word "redacted" stands in their place
      --- exit 0"
    `);
    expect(see("log", "--run", "2")).toContain("/key  [redacted]");
    expect(see("log", "--json", "--op", "write")).toContain('"redacted":true');
    expect(see("runs")).toContain("redact /home/key");
    expect(see("show", "4")).toContain("redacted");
    expect(see("show", "4", "--json")).toContain('"redacted":20');
    expect(see("stat", "/key", "--json")).toContain('"redacted":32');
    expect(see("blame", "/key", "--json")).toContain('"redacted":20');
    expect(see("diff", "run:2^", "run:2")).toContain("[redacted] after: 32 bytes");
    expect(see("diff", "run:2^", "run:2", "--json")).toContain('"redacted":52');
    expect(see("grep", "redacted", "--json")).toContain('"redacted":32');
    expect(see("grep", "redacted")).toContain("/key:1: [redacted]");
    expect(see("export", "--tar", "all.tar")).toContain("32 bytes of /key are redacted");
    expect(see("verify")).toContain("32 bytes of 2 writes are redacted.");
    expect(see("restore", "run:1")).toContain("/home/key");
    expect(see("undo")).toContain("was taken back");
    expect(see("fork", "run:1", "forked.db")).toContain("redacted in it, too");
    expect(see("-j", "forked.db", "verify")).toContain("ok");
    expect(see("redact", "/key")).toMatchInlineSnapshot(`
      "2 writes redacted already
      --- stderr
      nothing was left to remove
      --- exit 0"
    `);
  });

  it("removes what a span of events wrote", () => {
    expect(see("redact", "1..4", "--json")).toMatchInlineSnapshot(`
      "{"path":"/home/key","writes":1,"bytes":20,"first":4,"last":4,"run":3}
      --- stderr
      run 3: 20 bytes of 1 write removed for good
      --- exit 0"
    `);
    expect(see("cat", "/key")).toContain("and hunter3");
  });

  it("tells where the same bytes are left, before and after", () => {
    record(file, (step) => {
      step.run("login.wasm", ["--password", "hunter2 is the word"], () => {
        step.write("/copy", "say: hunter2 is the word, twice: hunter2 is the word");
        step.mkdir("/hunter2 is the word");
        step.symlink("/link", "hunter2 is the word");
      });
    });
    const places = [
      "the same bytes are left in 4 other places:",
      "  #13  the arguments of a run",
      "  #15  written to  /copy",
      "  #16  a path",
      "  #17  the target of a link",
      "Hint: rewindfs redact 15..15 removes what event 15 wrote; arguments and names stay: give the journal to nobody who may not read them",
    ].join("\n");
    expect(see("redact", "/home/key", "--dry-run")).toContain(places);
    expect(see("redact", "/home/key")).toContain(places);
    expect(see("redact", "15..15")).not.toContain("other place");
    expect(see("verify")).toContain("ok");
  });

  it("says that there are more places than it tells, in JSON too", () => {
    const many = join(folder, "many.db");
    record(many, (step) =>
      step.run("login.wasm", [], () => {
        for (let copy = 0; copy <= 1_001; copy += 1) step.write(`/${copy}`, "hunter2 is the word");
      }),
    );
    const { stdout, stderr } = rewindfs(folder, ["-j", many, "redact", "/0", "-n", "--json"]);
    const lines = stdout.trimEnd().split("\n");
    expect(lines).toHaveLength(1 + 1_000 + 1);
    expect(lines.at(-1)).toBe('{"elsewhere":"incomplete"}');
    expect(stderr).toContain("not all copies were searched for");
  });

  it("tells them as JSON, too", () => {
    record(file, (step) =>
      step.run("login.wasm", [], () => step.write("/copy", "hunter2 is the word")),
    );
    expect(see("redact", "/home/key", "--json")).toMatchInlineSnapshot(`
      "{"path":"/home/key","writes":1,"bytes":20,"first":4,"last":4,"run":4}
      {"path":"/key","writes":1,"bytes":12,"first":11,"last":11,"run":4}
      {"elsewhere":"content","seq":15,"run":3,"path":"/copy"}
      --- stderr
      run 4: 32 bytes of 2 writes removed for good
      --- exit 0"
    `);
  });

  it("is not applied to the host, unless it is forced", () => {
    const host = join(folder, "host");
    expect(see("export", "--path", "/home", "--at", "run:1", host)).toContain("--- exit 0");
    expect(see("import", host, "/in")).toContain("--- exit 0");
    expect(see("-j", "rewind.db", "run", guest, "exit", "0")).toContain("--- exit 0");
    record(file, (step) => step.run("change", [], () => step.write("/in/key", "new word\n")));
    expect(see("redact", "/in/key")).toContain("removed for good");
    const refused = see("apply", host);
    expect(refused).toContain("key: its content is redacted");
    expect(refused).toContain("--- exit 1");
    expect(readFileSync(join(host, "key"), "utf8")).toBe("hunter2 is the word\n");
    expect(see("apply", host, "--force")).toContain("--- exit 0");
    expect(readFileSync(join(host, "key"), "utf8")).toContain("[redacted]");
  });

  it("refuses what makes no sense", () => {
    expect(see("redact", "/nothing")).toMatchInlineSnapshot(`
      "--- stderr
      rewindfs: nothing was ever written to /nothing
      Hint: rewindfs tree shows the files now, rewindfs log their events
      --- exit 1"
    `);
    expect(see("redact", "/home/nothing", "--dry-run")).toContain("--- exit 1");
    expect(see("redact", "5..3")).toContain("5..3 is no span of events");
    expect(see("redact", "")).toContain("the path is empty");
    expect(see("redact", "1..3")).toContain("the events 1..3 wrote nothing");
    expect(see("redact", "3..3")).toContain("event 3 wrote nothing");
    expect(see("-j", "", "redact", "/key")).toContain("the journal's name is empty");
    expect(see("-j", "none.db", "redact", "/key")).toContain("there is no journal");
  });
});

describe("gc", () => {
  it("folds what was before a moment, and says what it did", () => {
    const { head } = JSON.parse(rewindfs(folder, ["verify", "--json"]).stdout);
    expect(see("gc", "--before", "mark:made", "--dry-run")).toMatchInlineSnapshot(`
      "--- stderr
      5 events up to #7, 0 bytes of content would be folded; nothing was done
      --- exit 0"
    `);
    expect(see("gc", "--before", "run:2^")).toMatchInlineSnapshot(`
      "--- stderr
      run 3: 5 events up to #8, 0 bytes of content folded; the journal begins with event 9
      --- exit 0"
    `);
    expect(see("log", "--until", "run:2")).toMatchInlineSnapshot(`
      "run 1  make  2026-11-24 06:00:00  exit 0
        7  06:00:00.008  run-end               exit 0
        8  06:00:00.009  mark                  made  at 7
      run 2  move  2026-11-24 06:00:00  exit 0
       10  06:00:00.011  rename                /home/key → /key
       11  06:00:00.012  write             12  /key
       12  06:00:00.013  run-end               exit 0
      --- stderr
      rewindfs: events up to 8 are folded: only their runs and marks are left
      --- exit 0"
    `);
    expect(see("runs", "--json")).toContain('"folded":true');
    expect(see("cat", "/key", "--at", "3")).toMatchInlineSnapshot(`
      "--- stderr
      rewindfs: event 3 is folded: the journal was compacted, and the first moment that is left is 8
      Hint: 8 is the state that stands for all before it
      --- exit 2"
    `);
    expect(see("undo", "--run", "1")).toContain("it is folded");
    expect(see("blame", "/key")).toMatchInlineSnapshot(`
      "up to #8  folded  06:00:00.009  1  hunter2 is the word
           #11  run 2   06:00:00.012  2  and hunter3
      --- exit 0"
    `);
    expect(see("blame", "/key", "--json")).toContain('"folded":true');
    expect(see("log", "--json", "--op", "write")).toContain('"size":32');
    expect(see("grep", "--history", "hunter2")).toContain("folded-now");
    expect(see("verify", "--head", head)).toContain("vouches for events 1 to 12");
    expect(see("export", "--git", "repository")).toContain("2 commits");
    expect(see("gc", "--before", "run:2^")).toMatchInlineSnapshot(`
      "--- stderr
      nothing to fold: event 8 is the last that is folded already
      --- exit 0"
    `);
    expect(see("redact", "2..4")).toContain("are folded");
  });

  it("answers for a digest that was folded as it is", () => {
    see("mark", "first");
    const { head } = JSON.parse(rewindfs(folder, ["verify", "--json"]).stdout);
    see("mark", "second");
    see("gc", "--before", "@");
    expect(see("verify", "--head", head)).toContain("which are folded since");
  });

  it("wants to know what to keep", () => {
    expect(see("gc")).toContain("for example --keep 20, or --before run:-10^");
    expect(see("gc", "--before", "run:9")).toContain("run 9 is not in the journal");
    expect(see("-j", "none.db", "gc", "--before", "@")).toContain("there is no journal");
  });
});

describe("sign", () => {
  const { privateKey, publicKey } = generateKeyPairSync("ed25519");
  writeFileSync(join(folder, "key.pem"), privateKey.export({ type: "pkcs8", format: "pem" }));
  writeFileSync(join(folder, "public.pem"), publicKey.export({ type: "spki", format: "pem" }));
  const other = generateKeyPairSync("ed25519").publicKey;
  writeFileSync(join(folder, "other.pem"), other.export({ type: "spki", format: "pem" }));

  it("signs what the journal holds, and verify says what that covers", () => {
    expect(see("verify", "--public", "public.pem")).toMatchInlineSnapshot(`
      "ok  12 events, head DIGEST
      not signed  with the key DIGEST
      --- exit 1"
    `);
    expect(see("sign", "key.pem")).toMatchInlineSnapshot(`
      "--- stderr
      signed up to event 12 by DIGEST
      --- exit 0"
    `);
    see("mark", "after");
    expect(see("verify", "--public", "public.pem")).toMatchInlineSnapshot(`
      "ok  13 events, head DIGEST
      --- stderr
      Events 1 to 12 are signed with that key; 1 event came after that.
      --- exit 0"
    `);
    expect(see("verify", "--public", "other.pem")).toMatchInlineSnapshot(`
      "ok  13 events, head DIGEST
      not signed  with the key DIGEST
      --- stderr
      Signed up to event 12 by DIGEST, whoever that is.
      --- exit 1"
    `);
    expect(see("verify", "--public", "other.pem", "--json")).toContain('"signed":null');
  });

  it("says when what was signed is folded", () => {
    see("sign", "key.pem");
    see("mark", "after");
    see("gc", "--before", "@");
    expect(see("verify", "--public", "public.pem")).toContain(
      "Events 1 to 12 are signed with that key, and folded since; 3 events came after that.",
    );
  });

  it("signs the end of a run", () => {
    const result = see("run", "--sign", "key.pem", guest, "exit", "3");
    expect(result).toContain("signed up to event");
    expect(result).toContain("--- exit 3");
    expect(see("verify", "--public", "public.pem")).toContain("are signed with that key.");
  });

  it("looks at the key before the guest runs", () => {
    const before = readFileSync(file);
    for (const key of ["public.pem", "none.pem", "rewind.db"]) {
      const result = see("run", "--sign", key, guest, "exit", "0");
      expect(result).toContain(key);
      expect(result).toContain("Hint:");
      expect(result).toContain("--- exit 2");
    }
    expect(readFileSync(file).equals(before)).toBe(true);
  });
});
