import { isByteText } from "../../../journal/index.ts";
import type { Limits } from "./limits.ts";

/** Returns a path in the words of a guest as far as the journal tells it: one that is too long is cut, and marked. */
export function shortened(path: string, limits: Limits): string {
  const most = limits["path-bytes"];
  const text = isByteText(path) ? path : path.toWellFormed();
  if (text.length <= most) return text;
  return `${text.slice(0, most).toWellFormed()}…`;
}
