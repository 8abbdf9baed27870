import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { expect, test } from "vitest";

import { keepCalls } from "../../src/run/calls.ts";
import { importedCalls } from "../../src/run/imports.ts";
import { Workplace, guests } from "./support.ts";

test("what V8 compiled for the calls of guests is not freed while the process may run others", () => {
  using workplace = new Workplace();
  const { stdout, stderr } = spawnSync(
    process.execPath,
    [
      // V8 frees at once what is of no more use, and says so.
      "--stress-wasm-code-gc",
      "--trace-wasm-code-gc",
      new URL("calls-main.ts", import.meta.url).pathname,
      workplace.folder,
    ],
    { encoding: "utf8", maxBuffer: 64 * 1024 * 1024 },
  );
  const [running = "", ended] = stdout.split("all have ended");
  expect(ended, stderr).toBeDefined();
  expect(running).toMatch(/Freeing \d+ code objects? of module/);
  expect(running.match(/Freeing \d+ wrappers?/g)).toBeNull();
});

test("the types of a module's calls are those of the functions that it imports", () => {
  const types = [...importedCalls(readFileSync(guests.files))];
  // fd_write and fd_seek, path_open and proc_exit among others; each is told once.
  expect(types).toEqual(expect.arrayContaining(["iiii>i", "iIii>i", "iiiiiIIii>i", "i>"]));
  expect(new Set(types).size).toBe(types.length);
});

test("calls of any type of numbers are kept, and no more than so many", () => {
  keepCalls("one", [">", "i>", "iIfF>i", "I>I", "f>f", "F>F"]);
  keepCalls("one", ["i>", "I>I"]);
  const types = Array.from({ length: 999 }, (_, index) => `${"i".repeat(index + 2)}>`);
  expect(() => keepCalls("two", types)).toThrow(
    expect.objectContaining({ name: "RunError", code: "failed" }),
  );
});
