import { spawnSync } from "node:child_process";
import { join } from "node:path";

import {
  type Ino,
  type JournalWriter,
  type Name,
  openWriter,
  rootIno,
} from "../../journal/index.ts";
import { FileSystem, emptyTree, profiles } from "../../src/fs/index.ts";
import { Saves, blameContent, lookup, openHistory } from "../../src/history/index.ts";
import { type Part, number } from "../measure/bench.ts";
import { generator } from "./workload.ts";
import { median, timeOf } from "../measure/statistics.ts";

/** Blame on a file that was saved as a whole again and again. */
export const part: Part = {
  title: "Saves: blame through a thousand of them",

  async run(bench) {
    const saves = bench.amount(1_000, 100);
    await bench.within((folder) => {
      const journal = openWriter(join(folder, "journal.db"), { durability: "batch" });
      const file = new SavedFile(journal, 10_000);
      for (let turn = 0; turn < saves; turn += 1) {
        bench.progress(`saves: ${turn} of ${saves}`);
        file.save();
      }
      const first = median(
        Array.from({ length: 5 }, () => timeOf(() => look(journal, new Saves(journal)))),
      );
      const known = new Saves(journal);
      look(journal, known);
      const again = Array.from({ length: 9 }, () => {
        file.save();
        return timeOf(() => look(journal, known));
      });
      journal.close();
      const bare = median(
        Array.from({ length: 5 }, () => timeOf(() => spawnSync(process.execPath, ["-e", "0"]))),
      );
      bench.table(
        [`10,000 lines, saved ${saves.toLocaleString("en-US")} times`, "ms"],
        [
          ["blame, all saves compared", number(first)],
          ["blame after one more save, by who asked before", number(median(again))],
          ["node -e 0", number(bare)],
        ],
      );
      bench.bar({
        what: "blame after one more save",
        measured: median(again),
        bound: { atMost: Math.round((100 * bare) / 30) },
        unit: "ms",
      });
      bench.bar({
        what: "blame, all saves compared",
        measured: first,
        bound: { atMost: Math.round((100 * bare) / 30) },
        unit: "ms",
      });
    });
  },
};

/** A file that a program saves with O_TRUNC and one write, each time with another line. */
class SavedFile {
  readonly #fs: FileSystem;
  readonly #ino: Ino;
  readonly #lines: string[];
  readonly #random = generator(5);
  #saved = 0;

  constructor(journal: JournalWriter, lines: number) {
    this.#fs = new FileSystem({ journal, tree: emptyTree(), limits: profiles.default });
    this.#fs.begin({ cause: "library", guest: "bench", args: [], environment: [], digest: "" });
    const event = this.#fs.perform({ kind: "create", parent: rootIno, name: "file" as Name });
    if (event?.kind !== "create") throw new Error("no file");
    this.#ino = event.ino;
    this.#lines = Array.from({ length: lines }, (_, index) => `line_${index} = f(${index * 7})`);
  }

  save(): void {
    this.#saved += 1;
    this.#lines[Math.floor(this.#random() * this.#lines.length)] = `line = changed(${this.#saved})`;
    const bytes = Buffer.from(`${this.#lines.join("\n")}\n`);
    const ino = this.#ino;
    this.#fs.perform({ kind: "set-size", ino, size: 0 });
    this.#fs.perform({ kind: "write", ino, offset: 0, length: bytes.length }, bytes);
  }
}

function look(journal: JournalWriter, saves: Saves): void {
  const file = lookup(openHistory(journal).at(journal.head()), "/file");
  if (file?.type !== "file") throw new Error("there is no file");
  const { spans, isCut } = blameContent(saves, file, journal.head());
  if (isCut || spans.length < 10) throw new Error("not all saves were compared");
}
