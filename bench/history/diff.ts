import { execFileSync, spawnSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

import { type Name, openReader, openWriter, rootIno } from "../../journal/index.ts";
import { FileSystem, emptyTree, profiles } from "../../src/fs/index.ts";
import { type History, diffContent, lookup, openHistory, tapeOf } from "../../src/history/index.ts";
import { type Part, number } from "../measure/bench.ts";
import { median, timeOf } from "../measure/statistics.ts";

const main = fileURLToPath(new URL("../../dist/main.js", import.meta.url));

/** A text that was rewritten, compared by lines. */
export const part: Part = {
  title: "Diff: a text of which every line changed",

  async run(bench) {
    const lines = bench.amount(50_000, 5_000);
    await bench.within((folder) => {
      const texts = ["old", "new"].map((word) => textOf(word, lines));
      const [one, other] = ["one", "other"].map((name) => join(folder, name));
      for (const [index, path] of [one, other].entries())
        writeFileSync(path ?? "", texts[index] ?? "");
      const file = join(folder, "journal.db");
      record(file, texts);
      const journal = openReader(file);
      const history = openHistory(journal);
      const alone = medianOf(() => compare(history));
      journal.close();

      const whole = medianOf(() => execFileSync(process.execPath, [main, "-j", file, "diff"], big));
      const start = medianOf(() => execFileSync(process.execPath, [main, "--version"], big));
      const git = medianOf(() =>
        spawnSync("git", ["diff", "--no-index", one ?? "", other ?? ""], big),
      );
      bench.table(
        [`${lines.toLocaleString("en-US")} lines rewritten`, "ms"],
        [
          ["diff, of states that are open", number(alone)],
          ["rewindfs diff, with its start", number(whole)],
          ["rewindfs --version", number(start)],
          ["git diff --no-index, with its start", number(git)],
        ],
      );
      bench.bar({
        what: "rewindfs diff without node's start, of git diff",
        measured: (whole - start) / git,
        bound: { atMost: 1.5 },
        unit: "times",
      });
    });
  },
};

const big = { maxBuffer: 1 << 28 };

function medianOf(run: () => void): number {
  return median(Array.from({ length: 9 }, () => timeOf(run)));
}

function textOf(word: string, lines: number): Buffer {
  const all = Array.from({ length: lines }, (_, index) => `${word}_${index} = f(${index * 7})\n`);
  return Buffer.from(all.join(""));
}

function record(file: string, texts: readonly Buffer[]): void {
  const journal = openWriter(file, { durability: "batch" });
  const fs = new FileSystem({ journal, tree: emptyTree(), limits: profiles.default });
  const begin = () =>
    fs.begin({ cause: "library", guest: "bench", args: [], environment: [], digest: "" });
  begin();
  const event = fs.perform({ kind: "create", parent: rootIno, name: "file" as Name });
  if (event?.kind !== "create") throw new Error("no file");
  for (const [index, text] of texts.entries()) {
    if (index > 0) begin();
    fs.perform({ kind: "write", ino: event.ino, offset: 0, length: text.length }, text);
    fs.end({ exit: 0 });
  }
  journal.close();
}

function compare(history: History): void {
  const { journal } = history;
  const ends = journal.runs().map(({ last }) => history.at(last));
  const [before, after] = ends.map((tree) => lookup(tree, "/file"));
  const diff = diffContent(before, after, tapeOf(journal));
  if (diff.kind !== "text") throw new Error(`compared by ${diff.kind}`);
}
