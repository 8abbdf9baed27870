import type { Host, Suspend } from "./host.ts";

/** The terminal, and whom it is lent to. */
export interface Lending {
  /** Sets the function that lends it; known once the first frame is drawn. */
  readonly lend: (suspend: Suspend) => void;
  /** Lends it to another program, and draws everything anew afterwards. */
  readonly handOver: (body: () => Promise<void>) => void;
  /** Gives it back and stops the process, until it is continued. */
  readonly suspend: () => void;
}

export function lendingBy(
  { stopProcess }: Pick<Host, "stopProcess">,
  fail: (error: unknown) => void,
): Lending {
  let hand: Suspend | undefined;
  let isLent = false;
  const handOver: Lending["handOver"] = (body) => {
    isLent = true;
    hand?.(body)
      .catch((error: unknown) => fail(error))
      .finally(() => {
        isLent = false;
      });
  };
  return {
    lend(suspend) {
      hand = suspend;
    },
    handOver,
    // While another program has the terminal, that program restores it itself.
    suspend: () => (isLent ? void stopProcess() : handOver(stopProcess)),
  };
}
