// node library-child.ts JOURNAL DURABILITY COUNT BYTES EVERY: does the same as the guest "acknowledge-synced", through
// the library, whose journal is written by the calling thread.
import { writeSync } from "node:fs";

import { type Durability, openWriter } from "../../journal/index.ts";
import { FileSystem, profiles } from "../../src/fs/index.ts";
import { replay } from "../../src/history/index.ts";
import { recorderOn } from "../support/journal.ts";

const [file = "", durability = "process", ...numbers] = process.argv.slice(2);
const [count = 0, bytes = 1, every = 1] = numbers.map(Number);
const journal = openWriter(file, {
  durability: durability as Durability,
  // So small that it is begun again many times.
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
