import { parentPort } from "node:worker_threads";

import { type Batch, lookAt } from "./slice.ts";

// Looks at what the other thread has not looked at yet, from the front on.
parentPort?.on("message", (batch: Batch) => {
  for (const index of batch.slices.keys()) lookAt(batch, index);
});
