// A process that uses the library to run native programs: `execs-process.mjs ORDER MOMENT FOLDER...`. Each FOLDER has a
// folder `work`, of which a list comes into a journal of its own, and a folder `here`, where the program works on that.
// ORDER: "in turn" or "at once". MOMENT, in nanoseconds since the epoch: when the folders are listed. Prints a line of JSON
// for each program; what these print goes to stderr.
import { join } from "node:path";

const { enterUserNamespace, exec, importDirectory } = await import(
  new URL("../../dist/index.js", import.meta.url).href
);
enterUserNamespace();
const [order, moment, ...folders] = process.argv.slice(2);

async function run(folder) {
  const journal = join(folder, "rewind.db");
  const given = { bytes: "when needed", now: () => BigInt(moment) };
  const { bytes } = importDirectory(journal, join(folder, "work"), "/", given);
  const events = [];
  const { outcome } = await exec(
    journal,
    ["/bin/sh", "-c", "cat read >&2; echo more >>changed; stat -c %s left >&2"],
    {
      folder: join(folder, "here"),
      onEvent: ({ kind, path }) => events.push(path === undefined ? kind : `${kind} ${path}`),
    },
  );
  return { exit: outcome.exit, bytes, events };
}

const results = [];
if (order === "at once") results.push(...(await Promise.all(folders.map(run))));
else for (const folder of folders) results.push(await run(folder));
for (const result of results) process.stdout.write(`${JSON.stringify(result)}\n`);
