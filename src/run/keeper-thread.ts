import { parentPort } from "node:worker_threads";

import type { FromKeeper, ToKeeper } from "./keeper-protocol.ts";
import { KeptRun } from "./kept-run.ts";

// The thread that keeps the journal of a run: it starts the guest's process and takes what that records.

if (parentPort !== null) {
  const port = parentPort;
  const say = (message: FromKeeper): void => port.postMessage(message);
  const run = new KeptRun(say);
  port.on("message", (message: ToKeeper) => {
    if (message.kind === "run") void run.begin(message);
    else run.obey(message);
  });
}
