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

  it("tells of some lines", () => {
    const rows = (text: string) => text.split("\n").map((row) => row.trim());
    const lines = (range: string, ...more: string[]) =>
      rows(see("blame", "/data/a.txt", "-L", range, ...more));
    const all = rows(see("blame", "/data/a.txt"));
    expect(lines("2,3")).toEqual([...all.slice(1, 3), "--- exit 0"]);
    expect(lines("2,+2")).toEqual(lines("2,3"));
    expect(lines("3")).toEqual(all.slice(2));
    expect(lines(",1", "--json")[0]).toMatch(/"start":0,"end":4,.*"firstLine":1,"lastLine":1/);
    for (const range of ["5", "3,2", ","]) expect(lines(range)).toContain("--- exit 2");
  });

  it("says why a file has no lines to ask for", () => {
    const own = mkdtempSync(join(tmpdir(), "rewindfs-cli-"));
    try {
      record(join(own, "rewind.db"), (step) => {
        step.run("app.wasm", [], () => {
          step.write("/rows.csv", new Uint8Array(9 * 1024 * 1024).fill(0x0a));
          step.write("/model.bin", new Uint8Array([0, 255, 1, 254]));
        });
      });
      const refused = (path: string) => rewindfs(own, ["blame", "-L", "1,2", path]);
      const hint =
        "Hint: --bytes takes a range of bytes; rewindfs grep --history TEXT finds the event that wrote a line\n";
      expect(refused("/rows.csv")).toMatchObject({
        exit: 2,
        stderr: `rewindfs: /rows.csv is not listed by lines: it has 9.0MiB, and no more than 8.0MiB is\n${hint}`,
      });
      expect(refused("/model.bin")).toMatchObject({
        exit: 2,
        stderr:
          "rewindfs: /model.bin is not listed by lines: it is not text\nHint: --bytes takes a range of bytes\n",
      });
    } finally {
      rmSync(own, { recursive: true });
    }
  });
});
