import { UsageError } from "./failure.ts";

/** A count as it was typed: `what` is counted, `option` is the one that it was given to. Throws UsageError. */
export function parseCount(option: string, text: string, what: string): number {
  if (/^\d{1,15}$/.test(text)) return Number(text);
  throw new UsageError(`${option} ${text} is no number of ${what}`, `for example ${option} 10`);
}
