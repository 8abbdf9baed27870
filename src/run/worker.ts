import { basename } from "node:path";
import { type MessagePort, parentPort, workerData } from "node:worker_threads";

import { createCommandLine } from "./command-line.ts";
import { Checkpoint } from "./control.ts";
import { Ending } from "./ending.ts";
import { createHost } from "./host.ts";
import { describeFailure } from "./failure.ts";
import { type Glue, instantiate } from "./instantiate.ts";
import { type Outcome, outcomeOf } from "./outcome.ts";
import { createPoll } from "./poll.ts";
import { monotonicNow } from "./clocks.ts";
import { type Recording, beginRecording } from "./recording.ts";
import { createInput, emptySource, portSource } from "./standard-input.ts";
import { type Sink, createOutput, descriptorSink } from "./standard-output.ts";
import type { OutputTarget, Start, WorkerData, WorkerMessage } from "./worker-protocol.ts";

// The thread in which a guest, its filesystem and the journal's writer live.

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
    const recording = await beginRecording(start);
    say({ kind: "started", run: recording.run });
    const outcome = await runRecorded(start, data, recording, say);
    recording.end(outcome);
    say({ kind: "ended", outcome });
  } catch (error) {
    say({ kind: "failed", failure: describeFailure(error) });
  }
}

async function runRecorded(
  start: Start,
  data: WorkerData,
  recording: Recording,
  say: (message: WorkerMessage) => void,
): Promise<Outcome> {
  const { guest } = start;
  const ending = new Ending();
  const checkpoint = new Checkpoint(
    data.control,
    (stop) => ending.now({ kind: "stop", stop }),
    () => recording.commit(),
  );
  const poll = createPoll(checkpoint, monotonicNow);

  const source = data.stdin === undefined ? emptySource : portSource(data.stdin);
  const output = (stream: "stdout" | "stderr") => {
    const sink = sinkOf(start[stream], checkpoint, (bytes) =>
      say({ kind: "output", stream, bytes }),
    );
    return () => createOutput(sink, poll);
  };
  const commandLine = createCommandLine({
    args: [basename(guest.name), ...start.args],
    environment: start.environment,
    initialCwd: start.recording.preopens[0]?.guestPath,
    stdin: () => createInput(source, poll, checkpoint),
    stdout: output("stdout"),
    stderr: output("stderr"),
    terminals: start.terminals,
    ending,
  });
  const imports = await createHost(recording.imports, commandLine, poll, guest.imports);
  const glue: Glue = await import(guest.glue);
  return outcomeOf(
    () =>
      instantiate(
        { glue, modules: guest.modules, entry: guest.entry, imports },
        checkpoint,
        ending,
      )(),
    ending,
    guest.glue,
  );
}

function sinkOf(target: OutputTarget, checkpoint: Checkpoint, toMain: Sink): Sink {
  if (target === "main") return (bytes) => toMain(bytes.slice());
  if (target === "ignore") return () => {};
  return descriptorSink(target, checkpoint);
}
