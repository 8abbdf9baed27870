import { parentPort, workerData } from "node:worker_threads";

import { openReader } from "../../journal/index.ts";
import { openHistory } from "../../src/history/index.ts";

// Runs in a thread of its own: asking for the last state stores the snapshots that are missing.
const journal = openReader(String(workerData));
try {
  openHistory(journal).at(journal.head());
} finally {
  journal.close();
}
parentPort?.postMessage("done");
