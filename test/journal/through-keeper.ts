import { closeSync } from "node:fs";
import { databaseOf, withDatabase } from "../../journal/interface/handle.ts";
import {
  type Draft,
  type Durability,
  type Event,
  type GuestRecorderOptions,
  type JournalWriter,
  type Keeper,
  type KeeperLine,
  type KeeperOptions,
  openGuestRecorder,
  openKeeper,
  type Recorder,
  systemClock,
} from "../../journal/index.ts";

export interface ThroughKeeperOptions extends Partial<KeeperOptions> {
  /** The clock of the guest's end. */
  readonly now?: () => bigint;
  readonly logBounds?: GuestRecorderOptions["logBounds"] | undefined;
}

/**
 * Opens a journal that is kept for a guest, with both ends in this process: the keeper writes the run's beginning and
 * end, marks and reverts; all else is recorded at the guest's end, and taken from there at once.
 */
export function openThroughKeeper(file: string, options: ThroughKeeperOptions = {}): JournalWriter {
  const durability = options.durability ?? "process";
  const keeper = openKeeper(file, keeperOptions(options));
  const { journal } = keeper;
  const log = keeper.openLog("append");
  const logReader = keeper.openLog("read");
  const logCopy = keeper.openLog("copy");
  const now = options.now ?? systemClock();
  const { logBounds } = options;
  const ends = { file, durability, log, logReader, logCopy, logBounds };
  let guest: Recorder | undefined;

  const recordHere = (draft: Draft): Event => {
    keeper.commit();
    const event = keeper.record(draft);
    if (event.kind === "run-end") guest = undefined;
    if (event.kind === "run-start" || guest !== undefined)
      guest = recorderOf(keeper, { ...ends, now, event });
    return event;
  };

  const kept: JournalWriter = {
    ...journal,
    durability,
    recovered: 0,
    append(draft: Draft, payload?: Uint8Array) {
      if (guest === undefined || keepers.has(draft.kind)) return recordHere(draft);
      const event = guest.append(draft, payload);
      keeper.take();
      return event;
    },
    commit: () => (guest === undefined ? void keeper.commit() : guest.commit()),
    sync: () => (guest === undefined ? void keeper.sync() : guest.sync()),
    readTape: (...range) => (guest ?? journal).readTape(...range),
    close() {
      closeSync(log);
      closeSync(logReader);
      closeSync(logCopy);
      keeper.take();
      keeper.close();
    },
  };
  return withDatabase(kept, databaseOf(journal));
}

/** Events that no guest records, so that they are not taken from a log. */
const keepers: ReadonlySet<string> = new Set(["run-start", "run-end", "mark", "revert"]);

/** Options as of openKeeper: any guest's event may follow. */
export function keeperOptions(options: Partial<KeeperOptions> = {}): KeeperOptions {
  return {
    durability: options.durability ?? "process",
    mostRecordBytes: options.mostRecordBytes ?? 32 * 1024 * 1024,
    admit: options.admit ?? (() => {}),
    breathe: options.breathe ?? (() => {}),
  };
}

interface GuestEnd {
  readonly file: string;
  readonly durability: Durability;
  readonly log: number;
  readonly logReader?: number;
  readonly logCopy?: number;
  readonly now: () => bigint;
  readonly event: Event;
  /** When the log is begun again; default: after more than any test but one appends. */
  readonly logBounds?: GuestRecorderOptions["logBounds"] | undefined;
}

/** Returns the guest's end for the run that began with this event. */
export function recorderOf(
  keeper: Keeper,
  { file, durability, log, logReader, logCopy, now, event, logBounds }: GuestEnd,
): Recorder {
  const situation = keeper.situation(event.run);
  const cacheBytes = 4 * 1024 * 1024;
  return openGuestRecorder(lineTo(keeper), {
    ...situation,
    file,
    durability,
    log,
    ...(logReader === undefined ? {} : { logReader }),
    ...(logCopy === undefined ? {} : { logCopy }),
    now,
    cacheBytes,
    logBounds,
  });
}

/** Returns the line to a keeper in the same process. */
export function lineTo(keeper: Keeper): KeeperLine {
  return {
    ring: () => {},
    commit: () => keeper.commit(),
    sync: () => keeper.sync(),
    renew: () => keeper.renew(),
    readTape: (start, end) => keeper.readTape(start, end),
    promised: () => {
      throw new TypeError("nothing was promised");
    },
  };
}
