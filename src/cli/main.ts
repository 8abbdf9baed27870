#!/usr/bin/env node
// The version must be known to be new enough before any other code of ours, or native code, is loaded.
import { nodeProblem } from "../text/node-version.ts";

const problem = nodeProblem(process.versions.node);
if (problem === undefined) {
  // The name that other processes see, and that a second writer of a journal is shown.
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
