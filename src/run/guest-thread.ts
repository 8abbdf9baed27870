import type { MessagePort } from "node:worker_threads";

import type { Checkpoint } from "./control.ts";
import type { Ending } from "./ending.ts";
import { type Source, emptySource, portSource } from "./standard-input.ts";
import { type Sink, descriptorSink } from "./standard-output.ts";
import { visibleSink } from "./visible-sink.ts";
import type { OutputTarget, Start } from "./worker-protocol.ts";

/** What every guest finds in its thread, whatever it is built for. */
export interface GuestThread {
  readonly checkpoint: Checkpoint;
  readonly ending: Ending;
  readonly stdin: MessagePort | undefined;
  /** Sends output to the main thread. */
  readonly print: (stream: "stdout" | "stderr", bytes: Uint8Array) => void;
}

/** Where a guest's input comes from. */
export function sourceOf({ stdin }: GuestThread): Source {
  return stdin === undefined ? emptySource : portSource(stdin);
}

/** Where a guest's output goes. */
export function sinkOf(
  { checkpoint, print }: GuestThread,
  { terminals, terminalOutput, ...outputs }: Start,
  stream: "stdout" | "stderr",
): Sink {
  const sink = targetSink(outputs[stream], checkpoint, (bytes) => print(stream, bytes));
  return terminals.has(stream) && terminalOutput === "visible" ? visibleSink(sink) : sink;
}

function targetSink(target: OutputTarget, checkpoint: Checkpoint, toMain: Sink): Sink {
  if (target === "main") {
    return (bytes) => {
      toMain(bytes.slice());
      checkpoint.gave(bytes.length);
    };
  }
  if (target === "ignore") return () => {};
  return descriptorSink(target, checkpoint);
}
