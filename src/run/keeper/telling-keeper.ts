import { type Event, type Keeper, type KeeperOptions, openKeeper } from "../../../journal/index.ts";
import { mostRecordBytes } from "./launch-guest.ts";
import type { FromKeeper, RunRequest } from "../protocol/keeper-protocol.ts";

/** Opens the journal of a run as its keeper, which tells of each event if that was asked for. Throws JournalError. */
export function openKeeperOf(
  request: RunRequest,
  say: (message: FromKeeper) => void,
  calls: Pick<KeeperOptions, "admit" | "breathe">,
): Keeper {
  const { journal, durability, limits, events } = request;
  const options = { ...calls, durability, mostRecordBytes: mostRecordBytes(limits) };
  return events === "told"
    ? openTellingKeeper(journal, options, say)
    : openKeeper(journal, options);
}

/** Tells of events that it takes or records, several at once. */
function openTellingKeeper(
  file: string,
  options: KeeperOptions,
  say: (message: FromKeeper) => void,
): Keeper {
  let events: Event[] = [];
  const flush = (): void => {
    if (events.length > 0) say({ kind: "events", events });
    events = [];
  };
  const tell = (event: Event): void => {
    if (events.length === 0) setImmediate(flush);
    events.push(event);
    if (events.length >= mostWaiting) flush();
  };
  const admit: KeeperOptions["admit"] = (event, payload) => {
    options.admit(event, payload);
    tell(event);
  };
  const keeper = openKeeper(file, { ...options, admit });
  return {
    ...keeper,
    record(draft) {
      const event = keeper.record(draft);
      tell(event);
      // Nothing is told after the end of the run.
      if (event.kind === "run-end") flush();
      return event;
    },
    recordTogether: (act) =>
      keeper.recordTogether((append) =>
        act((draft) => {
          const event = append(draft);
          tell(event);
          return event;
        }),
      ),
  };
}

const mostWaiting = 1_000;
