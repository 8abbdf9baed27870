import { type MessagePort, workerData } from "node:worker_threads";

import { cells } from "./aside.ts";
import { verify } from "./verify.ts";

// Runs in a thread of its own, whose starter waits and does not look at events: cells tell it.
const { file, head, shared, port } = workerData as {
  file: string;
  head: string | undefined;
  shared: Int32Array;
  port: MessagePort;
};
tell(cells.begun);
try {
  port.postMessage(verify(file, head === undefined ? {} : { head }));
} finally {
  tell(cells.done);
  port.close();
}

function tell(cell: number): void {
  Atomics.store(shared, cell, 1);
  Atomics.notify(shared, cell);
}
