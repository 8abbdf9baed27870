import { type MessagePort, parentPort, workerData } from "node:worker_threads";

import type { FileSystem } from "../fs/index.ts";
import { Checkpoint } from "./control.ts";
import { Ending } from "./ending.ts";
import { describeFailure } from "./failure.ts";
import type { GuestThread } from "./guest-thread.ts";
import { type Recording, type Served, beginRecording } from "./recording.ts";
import { serveComponent } from "./serve-component.ts";
import { serveModule } from "./serve-module.ts";
import type { Start, WorkerData, WorkerMessage } from "./worker-protocol.ts";

// The thread in which a guest, its filesystem and the front of the journal's writer live.

if (parentPort !== null) {
  // Deep enough to reach through the glue and the host to the guest's own functions.
  Error.stackTraceLimit = 100;
  const port = parentPort;
  port.once("message", (start: Start) => {
    void work(start, workerData as WorkerData, port);
  });
}

async function work(start: Start, data: WorkerData, port: MessagePort): Promise<void> {
  const say = (message: WorkerMessage): void => port.postMessage(message);
  try {
    const ending = new Ending();
    let recording: Recording | undefined;
    const checkpoint = new Checkpoint(
      data.control,
      (stop) => ending.now({ kind: "stop", stop }),
      () => recording?.commit(),
    );
    const thread: GuestThread = {
      checkpoint,
      ending,
      stdin: start.stdin,
      print: (stream, bytes) => say({ kind: "output", stream, bytes }),
    };
    recording = beginRecording(start, data.scribe, (fs) => serve(fs, start, thread));
    say({ kind: "started", run: recording.run });
    const outcome = await recording.served.run();
    say({ kind: "ended", outcome, notes: recording.end(outcome) });
  } catch (error) {
    say({ kind: "failed", failure: describeFailure(error) });
  }
}

function serve(fs: FileSystem, start: Start, thread: GuestThread): Served {
  const { guest } = start;
  return guest.kind === "component"
    ? serveComponent(fs, guest, start, thread)
    : serveModule(fs, guest, start, thread);
}
