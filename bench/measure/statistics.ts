import { spawnSync } from "node:child_process";

export function median(values: readonly number[]): number {
  const sorted = values.toSorted((one, other) => one - other);
  const middle = sorted.length >> 1;
  const upper = sorted[middle] ?? Number.NaN;
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? Number.NaN) + upper) / 2;
}

export function geometricMean(values: readonly number[]): number {
  const logarithms = values.map((value) => Math.log(value));
  return Math.exp(logarithms.reduce((sum, value) => sum + value, 0) / values.length);
}

/** Returns the milliseconds that a function takes. */
export function timeOf(run: () => void): number {
  const start = performance.now();
  run();
  return performance.now() - start;
}

/** Returns the value that so many percent of all do not exceed. */
export function percentile(values: readonly number[], percent: number): number {
  const sorted = values.toSorted((one, other) => one - other);
  return (
    sorted[Math.min(sorted.length - 1, Math.floor((sorted.length * percent) / 100))] ?? Number.NaN
  );
}

/** Returns the milliseconds in which bare Node.js starts and ends, the median of some rounds. */
export function bareNode(rounds: number): number {
  const start = () => void spawnSync(process.execPath, ["-e", "0"]);
  return median(Array.from({ length: rounds }, () => timeOf(start)));
}

/** Scales a limit for a machine on which bare Node.js takes 30 ms to one on which it takes `bare`. */
export function scaledTo(bare: number, milliseconds: number): number {
  return Math.round((milliseconds * bare) / 30);
}
