// node library-child.ts JOURNAL DURABILITY COUNT BYTES EVERY WRITER: does the same as the guest "acknowledge-synced",
// through the library, whose journal is written by the calling thread; or, where WRITER is "keeper", through both ends of
// a guest's redo log, in one process.
import { writeSync } from "node:fs";

import { type Durability, openWriter } from "../../journal/index.ts";
import { FileSystem, profiles } from "../../src/fs/index.ts";
import { replay } from "../../src/history/index.ts";
import { openThroughKeeper } from "../journal/through-keeper.ts";
import { recorderOn } from "../support/journal.ts";

const [file = "", durability = "process", ...rest] = process.argv.slice(2);
const [count = 0, bytes = 1, every = 1] = rest.map(Number);
// Logs that are so small are begun again many times.
const journal =
  rest[3] === "keeper"
    ? openThroughKeeper(file, {
        durability: durability as Durability,
        logBounds: { bytes: 48 * 1024, records: 1_000 },
      })
    : openWriter(file, {
        durability: durability as Durability,
        buffering: { logBytes: 64 * 1024 },
      });
const files = new FileSystem({
  journal,
  tree: replay(journal, journal.head()),
  limits: profiles.default,
});
const recorder = recorderOn(journal, files);
recorder.run("library", [], () => {
  for (let number = 1; number <= count; number += 1) {
    recorder.write("/numbers", `${number}\n`.padStart(bytes), (number - 1) * bytes);
    writeSync(1, `${number}\n`);
    if (number % every !== 0) continue;
    journal.sync();
    writeSync(1, `synced ${number}\n`);
  }
});
journal.close();
