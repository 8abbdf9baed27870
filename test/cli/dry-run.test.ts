import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";

import { openReader } from "../../journal/index.ts";
import { importDirectory } from "../../src/host/index.ts";
import { openHistory, undo } from "../../src/history/index.ts";
import { rewindfs, shown } from "../support/screen/command.ts";
import { record } from "../support/journal.ts";

const folder = mkdtempSync(join(tmpdir(), "rewindfs-dry-run-"));
const file = join(folder, "rewind.db");
const see = (...args: string[]) => shown(rewindfs(folder, args)).replaceAll(folder, "FOLDER");

beforeAll(() => {
  mkdirSync(join(folder, "shop"));
  writeFileSync(join(folder, "shop", "prices.txt"), "apples 2\n");
});

afterAll(() => {
  rmSync(folder, { recursive: true });
});

it("a dry run tells what would be done while another writes the journal", () => {
  record(file, ({ files, journal, ...step }) => {
    importDirectory(files, join(folder, "shop"), "/shop");
    step.run("one.wasm", [], () => step.write("/shop/prices.txt", "apples 3\n"));
    step.run("two.wasm", [], () => step.write("/shop/new.txt", "new\n"));
    undo(files, openHistory(journal));
    journal.commit();
    const before = journal.head();

    expect(see("undo")).toContain("--- exit 1");
    expect(see("undo", "--dry-run")).toMatchInlineSnapshot(`
      "modified  /shop/prices.txt  9
      --- stderr
      run 2 would be taken back
      1 path would be put back; nothing was done
      --- exit 0"
    `);
    expect(see("redo", "--dry-run")).toMatchInlineSnapshot(`
      "touched   /shop
      added     /shop/new.txt  4
      --- stderr
      run 3 would be done again
      2 paths would be put back; nothing was done
      --- exit 0"
    `);
    expect(see("restore", "run:2^", "--dry-run", "/shop")).toMatchInlineSnapshot(`
      "modified  /shop/prices.txt  9
      --- stderr
      1 path would be put back; nothing was done
      --- exit 0"
    `);
    expect(see("apply", "shop", "--dry-run")).toMatchInlineSnapshot(`
      "modified  prices.txt
      --- stderr
      1 path would be applied to shop; nothing was done
      --- exit 0"
    `);

    expect(openReader(file).head()).toBe(before);
  });
  expect(readFileSync(join(folder, "shop", "prices.txt"), "utf8")).toBe("apples 2\n");
});

it("a dry run takes a run that is under way for as far as it has come", () => {
  record(join(folder, "live.db"), ({ files, journal, ...step }) => {
    files.begin({ cause: "guest", guest: "live.wasm", args: [], environment: [], digest: "" });
    step.write("/prices.txt", "apples 4\n");
    journal.commit();

    expect(see("-j", "live.db", "undo", "--dry-run")).toMatchInlineSnapshot(`
      "removed   /prices.txt  9
      --- stderr
      run 1 would be taken back
      1 path would be put back; nothing was done
      --- exit 0"
    `);

    files.end({ exit: 0 });
  });
});
