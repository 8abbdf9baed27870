import { UsageError } from "./failure.ts";

/** Parses a count: `what` is counted, `option` is the option that it belongs to. Throws UsageError. */
export function parseCount(option: string, text: string, what: string): number {
  if (/^\d{1,15}$/.test(text)) return Number(text);
  throw new UsageError(`${option} ${text} is no number of ${what}`, `for example ${option} 10`);
}
