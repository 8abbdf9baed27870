import { parentPort, receiveMessageOnPort } from "node:worker_threads";

import type { Stop } from "../ending/control.ts";
import type { FromKeeper, ToKeeper } from "../protocol/keeper-protocol.ts";
import { KeptRun } from "./kept-run.ts";

// The thread that keeps a run's journal: it starts the guest's process and takes the events that it records.

if (parentPort !== null) {
  const port = parentPort;
  const say = (message: FromKeeper): void => port.postMessage(message);
  const hear = (message: ToKeeper): void => {
    if (message.kind === "run") void run.begin(message);
    else run.obey(message);
  };
  /** Reads messages that came while the thread was busy; all are handled once it is not. */
  const stopMeanwhile = (): Stop | undefined => {
    let stop: Stop | undefined;
    for (;;) {
      const received = receiveMessageOnPort(port);
      if (received === undefined) return stop;
      const message = received.message as ToKeeper;
      setImmediate(hear, message);
      if (message.kind === "stop") stop ??= message.stop;
    }
  };
  const run = new KeptRun(say, stopMeanwhile);
  port.on("message", hear);
}
