import { spawnSync } from "node:child_process";
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect } from "vitest";

import { rewindfs } from "../support/screen/command.ts";
import { withTemporary } from "../support/temporary.ts";
import { testWithKernel } from "./support.ts";

const test = testWithKernel();
const script = new URL("execs-process.mjs", import.meta.url).pathname;

interface Told {
  readonly exit: number;
  /** Bytes of files that came in with the list. */
  readonly bytes: number;
  readonly events: readonly string[];
}

/** Runs a program on each of some folders, in one process that uses the library, and takes the folders' files away. */
function run(order: "in turn" | "at once", moment: bigint, folders: readonly string[]): Told[] {
  for (const [index, folder] of folders.entries()) {
    for (const name of ["work", "here"]) mkdirSync(join(folder, name), { recursive: true });
    for (const name of ["read", "changed", "left"])
      writeFileSync(join(folder, "work", name), `${name} ${index}\n`);
  }
  const args = [script, order, String(moment), ...folders];
  const { stdout, stderr } = spawnSync(process.execPath, args, { encoding: "utf8" });
  const printed = folders.flatMap((_, index) => [`read ${index}`, "7"]);
  expect(stderr.trimEnd().split("\n").toSorted()).toEqual(printed.toSorted());
  for (const folder of folders) rmSync(join(folder, "work"), { recursive: true });
  return stdout.trimEnd().split("\n").map(toldIn);
}

const toldIn = (line: string): Told => JSON.parse(line) as Told;

test.each(["in turn", "at once"] as const)(
  "the programs that one process runs %s each have their own events and bytes",
  (order) =>
    withTemporary((top) => {
      const folders = ["a", "b", "c"].map((name) => join(top, name));
      // No file counts as changed a moment ago.
      const told = run(order, 2n ** 62n, folders);
      expect(told.map(({ exit, bytes }) => [exit, bytes])).toEqual(folders.map(() => [0, 0]));
      for (const { events } of told)
        expect(events.slice(1, -1).toSorted()).toEqual([
          "fetch /changed",
          "fetch /read",
          "process",
          "write /changed",
        ]);
      for (const [index, folder] of folders.entries()) {
        const texts = ["read", "changed"].map((name) => rewindfs(folder, ["cat", `/${name}`]));
        expect(texts.map(({ stdout }) => stdout)).toEqual([
          `read ${index}\n`,
          `changed ${index}\nmore\n`,
        ]);
        expect(rewindfs(folder, ["cat", "/left"]).exit).toBe(1);
        expect(rewindfs(folder, ["verify"]).exit).toBe(0);
      }
    }),
);

test("bytes of files that were changed a moment ago come with the list, and a program that needs them fetches none", () =>
  withTemporary((folder) => {
    const [told] = run("in turn", 0n, [folder]);
    expect(told?.bytes).toBe("read 0\nchanged 0\nleft 0\n".length);
    expect(told?.events.slice(1, -1)).toEqual(["process", "write /changed"]);
    const brought = rewindfs(folder, ["log", "--run", "1", "--op", "fetch", "--json"]).stdout;
    expect(brought.trimEnd().split("\n")).toHaveLength(3);
    expect(rewindfs(folder, ["cat", "/left"]).stdout).toBe("left 0\n");
    expect(rewindfs(folder, ["cat", "/changed", "--at", "run:1"]).stdout).toBe("changed 0\n");
  }));
