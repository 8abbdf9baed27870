import { parentPort, workerData } from "node:worker_threads";

import { openReader } from "../../journal/index.ts";
import { openHistory } from "../../src/history/index.ts";

// Runs in a thread of its own, so that the screen does not wait.
const journal = openReader(String(workerData));
try {
  openHistory(journal).prepare();
} finally {
  journal.close();
}
parentPort?.postMessage("done");
