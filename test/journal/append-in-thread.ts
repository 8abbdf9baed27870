/** A thread for scribe.test.ts: appends until it is ended, and tells through shared memory what was acknowledged. */
import { workerData } from "node:worker_threads";
import { type Durability, openFront, type SharedMemory } from "../../journal/index.ts";
import { runStart } from "./support-steps.ts";

export interface ThreadData {
  readonly memory: SharedMemory;
  readonly file: string;
  readonly durability: Durability;
  /** The seq of the last event that was acknowledged. */
  readonly acknowledged: Int32Array<SharedArrayBuffer>;
}

const { memory, file, durability, acknowledged } = workerData as ThreadData;
const journal = openFront(memory, file, { durability });
journal.append(runStart);
for (let index = 0; ; index++) {
  const payload = new Uint8Array(1 + ((index * 7919) % 5000)).fill(index);
  const draft = { kind: "write" as const, ino: 2 as never, path: "/a", offset: 0 };
  Atomics.store(acknowledged, 0, journal.append({ ...draft, length: payload.length }, payload).seq);
}
