import { appendFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";

import { rewindfs } from "../../support/screen/command.ts";
import { settle } from "../../support/settled.ts";
import { guest } from "../steady.ts";

const folder = mkdtempSync(join(tmpdir(), "rewindfs-lazy-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

test("run --lazy lists a folder, and every reading command says which bytes nobody has", () => {
  mkdirSync(join(folder, "data/d"), { recursive: true });
  for (const name of ["a", "d/b"]) writeFileSync(join(folder, "data", name), `${name}\n`);
  // Read at once where they count as changed a moment ago: either way the answers are the same.
  const run = ["run", "--lazy", "--dir", "data::/data", guest, "hello"];
  expect(rewindfs(folder, run).exit).toBe(0);
  expect(rewindfs(folder, ["cat", "/data/d/b"]).stdout).toBe("d/b\n");
  const log = rewindfs(folder, ["log", "--op", "listing"]).stdout;
  expect(log).toMatch(/listing +6 +\/data +3 entries, bytes when they are needed/);
  expect(rewindfs(folder, [...run.slice(0, 2), "--copy", ...run.slice(2)]).exit).toBe(2);
});

test("a listed file that was changed since is told by cat, with exit code 1", () => {
  const file = join(folder, "late/f");
  mkdirSync(join(folder, "late"));
  writeFileSync(file, "first");
  settle(file);
  const run = ["-j", "late.db", "run", "--lazy", "--dir", "late::/late", guest, "hello"];
  expect(rewindfs(folder, run).exit).toBe(0);
  appendFileSync(file, " and more");
  const { stdout, stderr, exit } = rewindfs(folder, ["-j", "late.db", "cat", "/late/f"]);
  expect([stdout, exit]).toEqual(["", 1]);
  expect(stderr).toContain("rewindfs: the bytes of /late/f were never read from");
  expect(stderr).toContain("the file there is not what it was");
});
