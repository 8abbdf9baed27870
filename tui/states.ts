import type { Seq } from "../journal/index.ts";
import type { Tree } from "../src/fs/index.ts";
import type { History } from "../src/history/index.ts";

/** States of the past, and how far it is to one that was not asked for yet. */
export interface States {
  tree(seq: Seq): Tree;
  isNear(seq: Seq): boolean;
  approach(seq: Seq): number;
}

/** A state this many events before a moment is kept, so that a step back is no long replay. */
const stride = 256;
/** Events that may be replayed before a screen is drawn. */
const nearby = 8_192;
/** Events that are replayed between two keys. */
const piece = 4_096;
/** States that the history keeps; asked for in the order of use it keeps the same ones. */
const mostKept = 16;

export function openStates(history: History): States {
  // The moments that were asked for last, the latest one last.
  const kept = new Set<Seq>();

  const ask = (seq: Seq): Tree => {
    kept.delete(seq);
    kept.add(seq);
    if (kept.size > mostKept)
      for (const oldest of kept) {
        kept.delete(oldest);
        break;
      }
    return history.at(seq);
  };

  const nearest = (seq: Seq): number => {
    let best = 0;
    for (const known of kept) if (known <= seq && known > best) best = known;
    return best;
  };

  return {
    tree(seq) {
      const base = (seq - (seq % stride)) as Seq;
      if (base > 0 && base !== seq) ask(base);
      return ask(seq);
    },
    isNear: (seq) => seq - nearest(seq) <= nearby,
    approach(seq) {
      const from = nearest(seq);
      if (seq - from <= nearby) return 1;
      const next = (from + piece) as Seq;
      ask(next);
      return next / seq;
    },
  };
}
