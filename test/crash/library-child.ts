// node library-child.ts JOURNAL DURABILITY COUNT BYTES EVERY WRITER: does the same as the guest "acknowledge-synced",
// through the library, whose journal is written by the calling thread; or, where WRITER is "keeper" or "read", through both
// ends of a guest's redo log, in one process, and with "read" while somebody reads the journal as it was at the beginning.
import { writeSync } from "node:fs";
import Database from "better-sqlite3";

import { type Durability, openWriter } from "../../journal/index.ts";
import { FileSystem, profiles } from "../../src/fs/index.ts";
import { replay } from "../../src/history/index.ts";
import { openThroughKeeper } from "../journal/through-keeper.ts";
import { recorderOn } from "../support/journal.ts";

const [file = "", durability = "process", ...rest] = process.argv.slice(2);
const [count = 0, bytes = 1, every = 1] = rest.map(Number);
const writer = rest[3] ?? "library";
// Logs that are so small are begun again many times.
const logBounds = writer === "keeper" ? { bytes: 48 * 1024, records: 1_000 } : undefined;
const journal =
  writer === "library"
    ? openWriter(file, {
        durability: durability as Durability,
        buffering: { logBytes: 64 * 1024 },
      })
    : openThroughKeeper(file, { durability: durability as Durability, logBounds });
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
    if (writer === "read" && number === every) beginReading();
  }
});
journal.close();
writeSync(1, "closed\n");

/** Begins a transaction that reads, and leaves it open: nothing that is committed from now on can go into the file. */
function beginReading(): void {
  const reader = new Database(file);
  reader.pragma("wal_checkpoint(TRUNCATE)");
  reader.exec("BEGIN");
  reader.prepare("SELECT count(*) FROM event").get();
}
