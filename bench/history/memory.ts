import { type Seq, openReader } from "../../journal/index.ts";
import { lookup, openHistory, readdir } from "../../src/history/index.ts";
import { generator } from "./workload.ts";

// Jumps about in the journal whose path is given, and looks at a folder of it, alone in its process; prints how many MiB
// that process holds.

const journal = openReader(process.argv[2] ?? "");
const path = process.argv[3] ?? "/folder-250";
const history = openHistory(journal);
const random = generator(2);
let most = 0;
for (let turn = 0; turn < 300; turn += 1) {
  const tree = history.at(Math.floor(random() * journal.head()) as Seq);
  const folder = lookup(tree, path);
  if (folder !== undefined) readdir(tree, folder);
  most = Math.max(most, process.memoryUsage.rss());
}
console.log(most / 1024 / 1024);
