// node calls-main.ts FOLDER: runs guests one after the other, in the built library, whose calls are made often enough
// for V8 to compile them, and says when all have ended.
import { join } from "node:path";

import { guests } from "./support.ts";

const built = new URL("../../dist/index.js", import.meta.url).href;
const { runGuest } = (await import(built)) as typeof import("../../src/index.ts");

const [folder = ""] = process.argv.slice(2);
for (const journal of ["first.db", "second.db"]) {
  for (const [guest, ...args] of [
    [guests.files, "directory", "1100"],
    [guests.direct(), "reopen"],
  ] as const) {
    const { outcome } = await runGuest({
      guest,
      args,
      journal: join(folder, journal),
      cacheFolder: join(folder, "cache"),
      stdin: "ignore",
      stdout: "ignore",
      stderr: "ignore",
    });
    if (outcome.exit !== 0) throw new Error(`${guest} ended with ${outcome.exit}`);
  }
}
process.stdout.write("all have ended\n");
