import { UsageError } from "./failure.ts";

/** Parses a count: `noun` is counted, `option` is the option that it belongs to. Throws UsageError. */
export function parseCount(option: string, text: string, noun: string): number {
  if (/^\d{1,15}$/.test(text)) return Number(text);
  throw new UsageError(`${option} ${text} is no number of ${noun}`, `for example ${option} 10`);
}
