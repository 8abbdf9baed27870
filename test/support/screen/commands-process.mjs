// A process that runs commands of the built program one after another: `commands-process.mjs REQUESTS ANSWERS`, two
// pipes with names. A request is a line of JSON; the commands write to this process's own stdout and stderr.
import { openSync, readSync, rmSync, writeSync } from "node:fs";
import { dirname } from "node:path";

const [requests, answers] = process.argv.slice(2);
const { runProgram } = await import(new URL("../../../dist/program.js", import.meta.url).href);
const from = openSync(requests, "r");
const to = openSync(answers, "w");
const bytes = Buffer.alloc(64 * 1024);

for (let line = nextLine(); line !== ""; line = nextLine()) {
  const { folder, args, env } = JSON.parse(line);
  // Connections that others closed since are closed here too, and not used again.
  for (let turn = 0; turn < 2; turn += 1) await new Promise((resolve) => setImmediate(resolve));
  process.chdir(folder);
  for (const name of Object.keys(process.env)) delete process.env[name];
  Object.assign(process.env, env);
  const exit = await runProgram(args, undefined);
  // A process of its own would have ended with them.
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) process.removeAllListeners(signal);
  // A folder that a process is in cannot be unmounted.
  process.chdir("/");
  writeSync(to, `${exit}\n`);
}
rmSync(dirname(requests), { recursive: true });

/** Returns an empty line when nobody will ask any more. */
function nextLine() {
  let text = "";
  while (!text.endsWith("\n")) {
    const length = readSync(from, bytes);
    if (length === 0) return "";
    text += bytes.toString("utf8", 0, length);
  }
  return text;
}
