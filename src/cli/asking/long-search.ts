import { setFlagsFromString } from "node:v8";

/**
 * Has V8 collect garbage more often from now on, for a search through millions of events: it would otherwise let the heap
 * grow to four times what is in use, and keep 128 MiB for new objects, of which few are left after a moment.
 */
export function keepHeapSmall(): void {
  setFlagsFromString("--heap-growing-percent=10");
  setFlagsFromString("--semi-space-growth-factor=1");
}

/** Returns milliseconds of processor time, so that what a search gets done depends little on other programs. */
export function processorTime(): number {
  const { user, system } = process.threadCpuUsage();
  return (user + system) / 1_000;
}
