import { spawnSync } from "node:child_process";
import { expect } from "vitest";

import { rewindfs } from "../support/screen/command.ts";
import { withTemporary } from "../support/temporary.ts";
import { testWithKernel } from "./support.ts";

const test = testWithKernel();
const hasPerl = spawnSync("perl", ["-e", "0"]).status === 0;

/** Starts some hundred processes, if it may. */
const manyProcesses = `
  for (1..400) { $pid = fork; if (defined $pid && !$pid) { sleep 60; exit } select undef, undef, undef, 0.005 }
  sleep 60`;

test("a program that goes on starting processes at its limit is ended, and it is said", (context) => {
  context.skip(!hasPerl, "there is no perl");
  withTemporary((folder) => {
    const { exit, stderr } = limited(folder, "processes=64", "perl", "-e", manyProcesses);
    context.skip(stderr.includes("was not limited"), "no control group can be had here");
    expect(exit).toBe(137);
    expect(stderr).toContain("it went on starting processes at its limit");
  });
});

test("a program that takes more memory than its limit is ended or refused, and it is said", (context) => {
  context.skip(!hasPerl, "there is no perl");
  withTemporary((folder) => {
    const { exit, stderr } = limited(folder, "memory=64MiB", "perl", "-e", '$x = "a" x 3e8');
    expect(exit).not.toBe(0);
    expect(stderr).toMatch(
      /ended a process at the limit memory=|limited for each process by itself/,
    );
    expect(limited(folder, "memory=64MiB", "true").exit).toBe(0);
  });
});

function limited(folder: string, limit: string, ...command: readonly string[]) {
  return rewindfs(folder, ["exec", "--no-dir", "--limit", limit, "--", ...command]);
}
