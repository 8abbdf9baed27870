import { randomFillSync } from "node:crypto";
import { statSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";

import { type JournalWriter, type Name, openWriter, rootIno } from "../journal/index.ts";
import { FileSystem, emptyTree, profiles } from "../src/fs/index.ts";
import { type Bench, type Part, number } from "./measure/bench.ts";
import { fill } from "./history/workload.ts";

interface Size {
  readonly events: number;
  readonly fileBytes: number;
  /** Bytes that the guest wrote, and their size after compression. */
  readonly payloadBytes: number;
  readonly keptBytes: number;
}

const workloads = [
  {
    label: "appends of 64 random bytes",
    run: (journal: JournalWriter, events: number) => append(journal, events),
  },
  {
    label: "mixed",
    run: (journal: JournalWriter, events: number) =>
      fill(journal, {
        events,
        files: events / 20,
        crowded: events / 50,
        overwrites: events / 50,
      }),
  },
] as const;

/** A journal's size on disk beyond the bytes that were written. */
export const part: Part = {
  title: "Size: a journal on disk, bytes per event",

  async run(bench) {
    const events = bench.amount(100_000, 2_000);
    const sizes: Size[] = [];
    for (const { label, run } of workloads) {
      bench.progress(`size: ${label}`);
      sizes.push(
        await bench.within((folder) => measure(folder, (journal) => run(journal, events))),
      );
    }
    report(bench, sizes);
    bench.say();
    bench.say(
      "mixed: files of text made, appended to (55 %), written in place, cut, renamed, linked,",
    );
    bench.say(
      "deleted, times set, and 4 KiB overwrites of a large file: bench/history/workload.ts. Beyond",
    );
    bench.say(
      "payload: the closed file less the stored bytes of what was written, indexes included.",
    );
    for (const [index, { label }] of workloads.entries()) {
      const size = sizes[index];
      if (size === undefined) continue;
      bench.bar({
        what: `journal beyond payload, ${label}`,
        measured: (size.fileBytes - size.keptBytes) / size.events,
        bound: { atMost: 60 },
        unit: "bytes an event",
      });
    }
  },
};

function report(bench: Bench, sizes: readonly Size[]): void {
  bench.table(
    ["", "events", "file", "written", "kept of it", "beyond"],
    workloads.map(({ label }, index) => {
      const size = sizes[index];
      if (size === undefined) return [label];
      const { events, fileBytes, payloadBytes, keptBytes } = size;
      const each = [fileBytes, payloadBytes, keptBytes, fileBytes - keptBytes];
      return [label, String(events), ...each.map((bytes) => number(bytes / events))];
    }),
  );
}

function measure(folder: string, run: (journal: JournalWriter) => void): Size {
  const file = join(folder, "journal.db");
  const journal = openWriter(file, { durability: "batch" });
  run(journal);
  const events = journal.head();
  journal.close();
  using db = new DatabaseSync(file, { readOnly: true });
  const row = db
    .prepare("SELECT sum(length) AS written, sum(length(bytes)) AS kept FROM segment")
    .get();
  return {
    events,
    fileBytes: statSync(file).size,
    payloadBytes: Number(row?.["written"]),
    keptBytes: Number(row?.["kept"]),
  };
}

function append(journal: JournalWriter, events: number): void {
  const fs = new FileSystem({ journal, tree: emptyTree(), limits: profiles.default });
  fs.begin({ cause: "library", guest: "bench", args: [], environment: [], digest: "" });
  const made = fs.perform({ kind: "create", parent: rootIno, name: "log" as Name });
  if (made?.kind !== "create") throw new Error("no file");
  const bytes = new Uint8Array(64);
  for (let offset = 0; fs.head < events - 1; offset += bytes.length) {
    randomFillSync(bytes);
    fs.perform({ kind: "write", ino: made.ino, offset, length: bytes.length }, bytes);
  }
  fs.end({ exit: 0 });
}
