#!/usr/bin/env node
// Nothing else of ours, and nothing native, may be loaded before the version is known to be new enough.
import { nodeProblem } from "../text/node-version.ts";

const problem = nodeProblem(process.versions.node);
if (problem === undefined) {
  // What other processes see, and what a second writer of a journal is told.
  process.title = "rewindfs";
  const args = process.argv.slice(2);
  const { prepare } = await import("./prepare.ts");
  const keeper = prepare(args);
  const { runProgram } = await import("./program.ts");
  process.exitCode = await runProgram(args, keeper);
  await keeper?.stop();
} else {
  process.stderr.write(
    `rewindfs: ${problem}\n` +
      "Hint: install a newer Node.js from https://nodejs.org, or with your version manager\n",
  );
  process.exitCode = 125;
}
