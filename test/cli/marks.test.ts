import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";

import { rewindfs, shown } from "../support/screen/command.ts";
import { record } from "../support/journal.ts";

const folder = mkdtempSync(join(tmpdir(), "rewindfs-marks-"));
afterAll(() => rmSync(folder, { recursive: true }));
const see = (...args: string[]): string =>
  shown(rewindfs(folder, args)).replaceAll(/\d{4}-\d\d-\d\d[ T][\d:.]+Z?/g, "TIME");

test("marks are listed, moved and deleted, and each is said", () => {
  record(join(folder, "rewind.db"), (step) => step.run("one", [], () => step.write("/a", "a")));
  expect(see("mark", "good")).toContain("mark:good is event 4");
  expect(see("mark", "good", "2")).toContain("mark:good moved from event 4 to 2");
  expect(see("mark", "good", "2")).toContain("mark:good is event 2, as before");
  expect(see("mark", "better", "3^")).toContain("mark:better is event 2");
  expect(see("marks")).toMatchInlineSnapshot(`
    "#2  TIME  good
    #2  TIME  better
    --- exit 0"
  `);
  expect(see("marks", "--json")).toMatchInlineSnapshot(`
    "{"name":"good","at":2,"time":"TIME"}
    {"name":"better","at":2,"time":"TIME"}
    --- exit 0"
  `);
  expect(see("mark", "--delete", "good")).toContain("mark:good is deleted; it was event 2");
  expect(see("marks", "--delete", "good")).toContain('no mark is called "good"');
  expect(see("ls", "--at", "mark:good")).toContain('no mark is called "good"; there are better');
  expect(see("log", "--op", "mark", "--limit", "1", "--reverse")).toContain("good  deleted");
  expect(see("mark", "good", "1")).toContain("mark:good is event 1");
  expect(see("mark", "-d", "good", "1")).toContain("--delete takes a name alone");
  expect(see("verify")).toContain("exit 0");
});
