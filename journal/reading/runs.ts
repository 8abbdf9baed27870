import type { Event, RunNumber, RunStart, Seq } from "../format/event.ts";
import type { Run } from "../interface/journal.ts";

/** Returns the runs that control events, in order, tell of. `lastOf` returns the last seq of a run without an end. */
export function runsOf(
  controls: readonly Event[],
  lastOf: (run: RunNumber, before: Seq) => Seq,
  head: Seq,
): Run[] {
  const runs: Run[] = [];
  let open: (RunStart & Event) | undefined;

  function leave(before: Seq): void {
    if (open === undefined) return;
    runs.push({ run: open.run, start: open, first: open.seq, last: lastOf(open.run, before) });
    open = undefined;
  }

  for (const event of controls) {
    if (event.kind === "run-start") {
      leave(event.seq);
      open = event;
    } else if (event.kind === "run-end" && open !== undefined) {
      const { exit, reason, time } = event;
      const end = { exit, time, ...(reason === undefined ? {} : { reason }) };
      runs.push({ run: open.run, start: open, end, first: open.seq, last: event.seq });
      open = undefined;
    }
  }
  leave((head + 1) as Seq);
  return runs;
}
