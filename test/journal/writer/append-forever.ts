/** A child for kill.test.ts: appends until it is killed, and prints acknowledged events. */
import { writeSync } from "node:fs";
import { type Durability, openWriter } from "../../../journal/index.ts";
import { openThroughKeeper } from "../through-keeper.ts";
import { runStart } from "../support-steps.ts";

const [file = "", mode = "process", by, burst = "1"] = process.argv.slice(2);
const options = { durability: mode as Durability };
const journal =
  by === "through a keeper" ? openThroughKeeper(file, options) : openWriter(file, options);
journal.append(runStart);
for (let index = 0; ; index++) {
  const payload = new Uint8Array(1 + ((index * 7919) % 5000)).fill(index);
  const event = journal.append(
    {
      kind: "write",
      ino: 2 as never,
      path: `/file-${index % 10}`,
      offset: 0,
      length: payload.length,
    },
    payload,
  );
  if (index % Number(burst) === 0) writeSync(1, `${event.seq}\n`);
}
