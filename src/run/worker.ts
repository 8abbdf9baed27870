import { basename } from "node:path";
import { type MessagePort, parentPort, workerData } from "node:worker_threads";

import { error, streams } from "@bytecodealliance/preview2-shim/io";

import type { Limits } from "../fs/index.ts";
import { type LoweredWasi, lowerWasi } from "../wasi/index.ts";
import { createCommandLine } from "./command-line.ts";
import { Checkpoint } from "./control.ts";
import { Ending } from "./ending.ts";
import { createHost } from "./host.ts";
import { describeFailure } from "./failure.ts";
import { type Glue, instantiate } from "./instantiate.ts";
import { type Outcome, outcomeOf } from "./outcome.ts";
import { type Poll, alwaysReady, createPoll } from "./poll.ts";
import { monotonicNow } from "./clocks.ts";
import { type Recording, beginRecording } from "./recording.ts";
import { createInput, emptySource, portSource } from "./standard-input.ts";
import { visibleSink } from "./visible-sink.ts";
import { type Sink, createOutput, descriptorSink } from "./standard-output.ts";
import type { OutputTarget, Start, WorkerData, WorkerMessage } from "./worker-protocol.ts";

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
    const poll = createPoll(checkpoint, monotonicNow, start.recording.limits.descriptors);
    recording = beginRecording(start, data.scribe, () => new poll.Pollable(alwaysReady));
    say({ kind: "started", run: recording.run });
    const outcome = await runRecorded(start, recording, { data, ending, checkpoint, poll, say });
    say({ kind: "ended", outcome, notes: recording.end(outcome) });
  } catch (error) {
    say({ kind: "failed", failure: describeFailure(error) });
  }
}

interface Surroundings {
  readonly data: WorkerData;
  readonly ending: Ending;
  readonly checkpoint: Checkpoint;
  readonly poll: Poll;
  readonly say: (message: WorkerMessage) => void;
}

async function runRecorded(
  {
    guest,
    args,
    environment,
    recording: options,
    terminals,
    terminalOutput,
    marshalling,
    ...outputs
  }: Start,
  recording: Recording,
  { data, ending, checkpoint, poll, say }: Surroundings,
): Promise<Outcome> {
  const filesystem = importsOf(recording.filesystem, marshalling, options.limits);
  const source = data.stdin === undefined ? emptySource : portSource(data.stdin);
  const output = (stream: "stdout" | "stderr") => {
    const given = sinkOf(outputs[stream], checkpoint, (bytes) =>
      say({ kind: "output", stream, bytes }),
    );
    const sink = terminals.has(stream) && terminalOutput === "visible" ? visibleSink(given) : given;
    return () => filesystem.mark(createOutput(sink, poll));
  };
  const commandLine = createCommandLine({
    args: [basename(guest.name), ...args],
    environment,
    initialCwd: options.preopens[0]?.path,
    stdin: () => filesystem.mark(createInput(source, poll, checkpoint)),
    stdout: output("stdout"),
    stderr: output("stderr"),
    terminals,
    ending,
  });
  const imports = await createHost(filesystem, commandLine, poll, guest.imports);
  const glue: Glue = await import(guest.glue);
  const instance = { glue, modules: guest.modules, entry: guest.entry, imports };
  return outcomeOf(() => instantiate(instance, checkpoint, ending)(), ending, guest.glue);
}

/** With jco's own marshalling, what the guest sees must be the same: the tests hold one against the other. */
function importsOf(
  wasi: Recording["filesystem"],
  marshalling: Start["marshalling"],
  limits: Limits,
): LoweredWasi {
  if (marshalling === "core") return lowerWasi(wasi, limits);
  const { types, preopens } = wasi;
  return { types: { ...types }, preopens: { ...preopens }, streams, error, mark: (one) => one };
}

function sinkOf(target: OutputTarget, checkpoint: Checkpoint, toMain: Sink): Sink {
  if (target === "main") {
    return (bytes) => {
      toMain(bytes.slice());
      checkpoint.gave(bytes.length);
    };
  }
  if (target === "ignore") return () => {};
  return descriptorSink(target, checkpoint);
}
