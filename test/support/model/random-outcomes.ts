import type { Descriptor } from "../../../src/wasi/index.ts";
import type { Outcome } from "../wasi/outcome.ts";

/** Lists the entries of a directory, names and types. */
export function listOf(directory: Descriptor): (readonly [string, string])[] {
  using stream = directory.readDirectory();
  const entries: (readonly [string, string])[] = [];
  for (
    let entry = stream.readDirectoryEntry();
    entry !== undefined;
    entry = stream.readDirectoryEntry()
  )
    entries.push([entry.name, entry.type]);
  return entries;
}

export function statOf(stat: ReturnType<Descriptor["stat"]>): unknown {
  const times = [
    stat.dataAccessTimestamp,
    stat.dataModificationTimestamp,
    stat.statusChangeTimestamp,
  ];
  return {
    type: stat.type,
    links: Number(stat.linkCount),
    size: Number(stat.size),
    times: times.map((time) => time && time.seconds * 1_000_000_000n + BigInt(time.nanoseconds)),
  };
}

export function keepAtMost<T extends { readonly real: Disposable }>(
  pool: T[],
  item: T,
  limit: number,
): void {
  if (pool.length >= limit) pool.shift()?.real[Symbol.dispose]();
  pool.push(item);
}

/** Runs a call of the model, which throws codes as strings; an Error is a bug of the model's. */
export function modelOutcome(call: () => unknown): Outcome {
  try {
    return { ok: call() };
  } catch (thrown) {
    if (typeof thrown === "string") return { error: thrown };
    throw thrown;
  }
}
