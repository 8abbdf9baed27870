#!/usr/bin/env node
// Nothing of ours, and nothing native, may be loaded before the version is known to be new enough.
const needed = [22, 15] as const;
const [major = 0, minor = 0] = process.versions.node.split(".").map(Number);

if (major > needed[0] || (major === needed[0] && minor >= needed[1])) {
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
    `rewindfs: cannot run on Node.js ${process.versions.node}: it needs ${needed.join(".")} or later\n` +
      "Hint: install a newer Node.js from https://nodejs.org, or with your version manager\n",
  );
  process.exitCode = 125;
}

export {};
