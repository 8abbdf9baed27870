import { spawnSync } from "node:child_process";
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { expect } from "vitest";

import { rewindfs } from "../support/screen/command.ts";
import { disk, withTemporary } from "../support/temporary.ts";
import { some } from "../support/some.ts";
import { script, testWithKernel } from "./support.ts";

const test = testWithKernel();
const source = new URL("random-calls.c", import.meta.url).pathname;
const hasCompiler = spawnSync("cc", ["--version"]).status === 0;

test("random calls do on a journal what they do on the disk, call by call", (context) => {
  context.skip(!hasCompiler, "there is no cc");
  withTemporary((place) => {
    const made = (name: string) => {
      mkdirSync(join(place, name));
      return join(place, name);
    };
    const [tools, plain, journal] = [made("tools"), made("plain"), made("journal")];
    const program = join(tools, "random-calls");
    expect(spawnSync("cc", ["-o", program, source], { encoding: "utf8" }).stderr).toBe("");
    const all = some([1, 6, 8])
      .map((seed) => `mkdir ${seed}; (cd ${seed}; ${program} ${seed} 3000)`)
      .join("\n");
    const onDisk = spawnSync("/bin/sh", ["-euc", all], { cwd: plain, encoding: "utf8" });
    expect(onDisk.status).toBe(0);
    // Under the border root is refused what a mode refuses, and on the disk it is not.
    const onJournal = script(journal, all, "--isolation", "none", "--show", tools);
    expect(firstDifference(onDisk.stdout, onJournal)).toBeUndefined();
    expect(rewindfs(journal, ["verify"]).exit).toBe(0);
  }, disk);
});

function firstDifference(one: string, other: string): readonly string[] | undefined {
  const [first, second] = [one.split("\n"), other.split("\n")];
  const at = first.findIndex((line, index) => line !== second[index]);
  if (at < 0) return undefined;
  return [...first.slice(Math.max(0, at - 5), at), `disk: ${first[at]}`, `journal: ${second[at]}`];
}
