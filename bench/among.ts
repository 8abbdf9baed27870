import { copyFileSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { type Ino, type Name, openReader, openWriter, rootIno } from "../journal/index.ts";
import { FileSystem, inodeOf, packTree, profiles, unpackTree } from "../src/fs/index.ts";
import { type Entry, openHistory, readdir } from "../src/history/index.ts";
import { number } from "./measure/bench.ts";
import { median } from "./measure/statistics.ts";
import { type Subject, changing, costOf, nextEvents } from "./scale.ts";

/**
 * Measures further events of the journal that `main.ts -- long` keeps, on a copy, without recording its ten million
 * again: `node bench/among.ts [ROUNDS]`. To compare two checkouts, run it in each of them in turn.
 */
function main(rounds: number): void {
  const folder = mkdtempSync(join(tmpdir(), "rewindfs-among-"));
  try {
    const file = join(folder, "journal.db");
    copyFileSync(join(tmpdir(), "rewindfs-bench-long-1-10000000.db"), file);
    const { tree, folders, files } = last(file);
    const journal = openWriter(file, { durability: "batch" });
    const fs = new FileSystem({
      journal,
      tree,
      limits: { ...profiles.default, events: 20_000_000 },
    });
    fs.begin({ cause: "library", guest: "bench", args: [], environment: [], digest: "" });
    const run = { fs, journal };
    // The writer of a whole recording has come across each file.
    for (const { ino } of files) fs.perform({ kind: "write", ino, offset: 0, length: 1 }, one);
    const { change } = changing(fs, folders, files, "more", 1e9);
    const costs = Array.from({ length: rounds + 1 }, () => {
      const end = fs.head + nextEvents;
      return costOf(run, () => {
        while (fs.head < end) change();
      }).processor;
    }).slice(1);
    const all = costs.map(number).join(", ");
    console.log(`${files.length} files: ${number(median(costs))} µs an event (${all})`);
    fs.end({ exit: 0 });
    journal.close();
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

const one = Buffer.from("x");

/** Loads all of the last state, and lists its files. */
function last(file: string) {
  const reader = openReader(file);
  const history = openHistory(reader);
  const tree = unpackTree(packTree(history.at(reader.head()), [rootIno]).packed);
  history.close();
  reader.close();
  const entries = (ino: Ino): readonly Entry[] => {
    const inode = inodeOf(tree, ino);
    return inode === undefined ? [] : readdir(tree, inode);
  };
  const folders = entries(rootIno).map(({ inode }) => inode.ino);
  const files = folders.flatMap((parent): Subject[] =>
    entries(parent).map(({ name, inode: { ino } }) => ({ parent, name: name as Name, ino })),
  );
  return { tree, folders, files };
}

main(Number(process.argv[2] ?? 8));
