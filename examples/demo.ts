// Runs a Python program on files that it believes are the host's, then shows what it did. `npm run demo`.
import { spawnSync } from "node:child_process";
import { rmSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";

const examples = dirname(fileURLToPath(import.meta.url));
const command = join(examples, "..", "dist", "main.js");
const journal = "demo.db";

for (const suffix of ["", "-wal", "-shm", "-tail", "-lock"]) {
  rmSync(`${journal}${suffix}`, { force: true });
}

say("A Python program that nobody has read gets a copy of a folder, and runs.");
rewindfs(
  "run",
  "--dir",
  `${relative(".", join(examples, "shop"))}::/shop`,
  "python",
  "/shop/report.py",
);

say("What it did, in order. Every line was in the journal before the program heard of success.");
rewindfs("log");

say("It edited a setting in place. The file as it was, as it is, and the difference:");
rewindfs("cat", "/shop/settings.json", "--at", "run:2^");
rewindfs("cat", "/shop/settings.json");
rewindfs("diff", "run:2^", "@", "--", "/shop/settings.json");

say("It also deleted its input. That is still here:");
rewindfs("cat", "/shop/orders.csv", "--at", "run:2^");

say("Nothing was lost and nothing was made up: the journal proves it.");
rewindfs("verify");

console.log(`
Try next, in this folder:
  alias rewindfs="$PWD/node_modules/.bin/node $PWD/dist/main.js"
  rewindfs -j ${journal} tui                         step through it, back and forth
  rewindfs -j ${journal} blame /shop/settings.json   which event wrote each line
  rewindfs -j ${journal} undo                        take the whole run back
`);

function rewindfs(...args: string[]): void {
  console.log(`$ rewindfs ${args.map(quoted).join(" ")}`);
  const { status, error } = spawnSync(process.execPath, [command, ...args], {
    stdio: "inherit",
    env: { ...process.env, REWINDFS_JOURNAL: journal },
  });
  if (error !== undefined) throw error;
  if (status !== 0) process.exitCode = 1;
}

function say(text: string): void {
  console.log(`\n${text}\n`);
}

/** Quotes an argument for a shell. */
function quoted(arg: string): string {
  return /^[\w@%+=:,./^-]+$/.test(arg) ? arg : `'${arg.replaceAll("'", `'\\''`)}'`;
}
