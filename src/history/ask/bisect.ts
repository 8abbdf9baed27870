import type { Seq } from "../../../journal/index.ts";

/**
 * Returns the first event after which `holds` is false, if it is true just after event `good` and false just after
 * `bad`. Asks about log2(bad - good) questions, and neither about `good` nor `bad`.
 */
export async function bisect(
  good: number,
  bad: number,
  holds: (seq: Seq) => boolean | Promise<boolean>,
): Promise<Seq> {
  let low = good;
  let high = bad as Seq;
  while (high - low > 1) {
    const middle = (low + Math.floor((high - low) / 2)) as Seq;
    if (await holds(middle)) low = middle;
    else high = middle;
  }
  return high;
}
