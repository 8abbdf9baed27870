import { setTimeout as sleep } from "node:timers/promises";
import { Depot } from "./depot.ts";
import { DepotError } from "./error.ts";
import { standAsAny, standBehind } from "./priority.ts";
import { ship } from "./ship.ts";
import type { ShipOrder, Told } from "./shipping.ts";

/*
 * The process that sends a journal while a program adds to it. It stands behind everything else on this machine, and
 * goes on for a while when the process that started it is killed.
 */

/** Time in milliseconds between two looks at the journal. */
const every = 5_000;
/** Times in milliseconds to send what is left when the process that recorded was killed: in all, and without an answer. */
const lastWords = 300_000;
const lastPatience = 30_000;

const gone = new AbortController();
process.once("disconnect", () => gone.abort());
process.once("message", (order: ShipOrder) => {
  work(order).then(
    () => process.exit(),
    () => process.exit(1),
  );
});

async function work({ file, url, token, name, trust }: ShipOrder): Promise<void> {
  const { signal } = gone;
  const onNewKey = (newKey: string, isKept: boolean) => tell({ newKey, isKept });
  const to = { token, trust, onNewKey };
  const depot = new Depot(url, { ...to, signal, patience: Number.POSITIVE_INFINITY });
  while (!signal.aborted) {
    standBehind(process.pid);
    try {
      // The journal is another's to write now.
      const { head } = await ship(file, depot, {
        name,
        keeps: "no",
        onPack: (last) => tell({ head: last }),
      });
      tell({ head });
    } catch (error) {
      // Trying again changes nothing; the process that started this one tells why.
      if (error instanceof DepotError && !signal.aborted) return;
    }
    await sleep(every, undefined, { signal }).catch(() => {});
  }
  standAsAny(process.pid);
  const last = { ...to, patience: lastPatience, signal: AbortSignal.timeout(lastWords) };
  await ship(file, new Depot(url, last), { name });
}

function tell(told: Told): void {
  if (process.connected) process.send?.(told, () => {});
}
