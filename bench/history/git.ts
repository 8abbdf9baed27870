import { execFileSync } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import { type Seq, openReader, openWriter } from "../../journal/index.ts";
import {
  type History,
  diffTrees,
  lookup,
  openHistory,
  readRange,
  tapeOf,
  walk,
} from "../../src/history/index.ts";
import { type Bench, number } from "../measure/bench.ts";
import { fill } from "./workload.ts";
import { median, timeOf } from "../measure/statistics.ts";

/** Lets git compare the same two states, as far as git can: only files, and only where it was told to look. */
export async function againstGit(bench: Bench): Promise<void> {
  await bench.within((folder) => {
    const file = join(folder, "journal.db");
    const files = bench.amount(5_000, 500);
    const writer = openWriter(file, { durability: "batch" });
    fill(writer, { events: files * 4, files, crowded: files / 5, overwrites: 0 });
    writer.close();
    const journal = openReader(file);
    const history = openHistory(journal);
    const readTape = tapeOf(journal);
    const git = (...args: readonly string[]) =>
      execFileSync("git", ["-c", "core.quotePath=false", "-C", join(folder, "git"), ...args], {
        env: { ...process.env, ...identity, GIT_CONFIG_GLOBAL: "/dev/null" },
        maxBuffer: 1 << 28,
        stdio: ["ignore", "pipe", "ignore"],
      });
    mkdirSync(join(folder, "git"));
    git("init", "-q");
    const [from, to] = [Math.floor(journal.head() * 0.9) as Seq, journal.head()];
    for (const seq of [from, to]) {
      git("rm", "-rq", "--ignore-unmatch", ".");
      putInto(join(folder, "git"), history, seq, readTape);
      git("add", "-A");
      git("commit", "-qm", `${seq}`);
    }
    const left = history.at(from);
    const right = history.at(to);
    const ours = median(
      Array.from({ length: 9 }, () => timeOf(() => diffTrees(left, right, { readTape }))),
    );
    const theirs = median(
      Array.from({ length: 9 }, () => timeOf(() => git("diff", "--raw", "-M", "HEAD~", "HEAD"))),
    );
    const changed = diffTrees(left, right, { readTape }).length;
    bench.say();
    bench.table(
      [`${changed} paths changed among ${files}`, "ms"],
      [
        ["diff, of states that are open", number(ours)],
        ["git diff --raw -M, with its start", number(theirs)],
      ],
    );
    journal.close();
  });
}

const identity = {
  GIT_AUTHOR_NAME: "bench",
  GIT_AUTHOR_EMAIL: "bench@localhost",
  GIT_COMMITTER_NAME: "bench",
  GIT_COMMITTER_EMAIL: "bench@localhost",
};

function putInto(
  folder: string,
  history: History,
  seq: Seq,
  readTape: ReturnType<typeof tapeOf>,
): void {
  const tree = history.at(seq);
  const root = lookup(tree, "/");
  if (root === undefined) throw new Error("there is no root");
  for (const { path, inode } of walk(tree, root, "/")) {
    if (inode.type === "directory") mkdirSync(join(folder, path), { recursive: true });
    // The large file is not part of the comparison.
    if (inode.type === "file" && inode.content.size < 1_000_000) {
      writeFileSync(join(folder, path), readRange(inode, readTape));
    }
  }
}
