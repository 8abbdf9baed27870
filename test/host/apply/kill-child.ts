// Applies to a folder, and is killed before one of the calls by which it changes a file: its number is the first
// argument.
import fs from "node:fs";
import { syncBuiltinESMExports } from "node:module";

import { openWriter } from "../../../journal/index.ts";
import { FileSystem, profiles } from "../../../src/fs/index.ts";
import { openHistory, replay } from "../../../src/history/index.ts";
import { applyToHost, offersToApply, undoApply } from "../../../src/host/index.ts";

const [number, way, file = "", host = ""] = process.argv.slice(2);

const changing = [
  "fchmodSync",
  "ftruncateSync",
  "futimesSync",
  "linkSync",
  "lutimesSync",
  "mkdirSync",
  "renameSync",
  "rmSync",
  "rmdirSync",
  "symlinkSync",
  "unlinkSync",
  "writeSync",
] as const;

const journal = openWriter(file);
const files = new FileSystem({
  journal,
  tree: replay(journal, journal.head()),
  limits: profiles.default,
});
const history = openHistory(journal);

let left = Number(number);
for (const name of changing) {
  const call: unknown = Reflect.get(fs, name);
  if (typeof call !== "function") continue;
  Reflect.set(fs, name, (...args: unknown[]): unknown => {
    left -= 1;
    if (left === 0) process.kill(process.pid, "SIGKILL");
    return Reflect.apply(call, fs, args);
  });
}
syncBuiltinESMExports();

switch (way) {
  case "choose": {
    const { offers } = offersToApply(history, journal.head(), host);
    const chosen = offers.map((offer) => ({
      offer,
      taken: offer.parts.filter((part) => part.kind !== "hunk" || part.hunk.beforeStart < 9),
    }));
    applyToHost(files, history, host, { chosen });
    break;
  }
  case "theirs":
  case "ours":
  case "merge":
    applyToHost(files, history, host, { conflicts: way });
    break;
  case "undo":
    undoApply(files, history, host);
    break;
  case undefined:
  default:
    throw new Error(`${way} is no way to apply`);
}
journal.close();
