import { closeSync, existsSync } from "node:fs";
import { expect } from "vitest";
import {
  type Durability,
  type Event,
  type Keeper,
  openKeeper,
  type Recorder,
  type RunNumber,
  systemClock,
  verify,
} from "../../../journal/index.ts";
import { keeperOptions, recorderOf } from "../through-keeper.ts";
import { runStart } from "../support.ts";

export const mebibyte = 1024 * 1024;

export const everyKind: readonly Durability[] = ["process", "batch", "power"];

/** A keeper whose guest has begun, with the guest's end of the log and the keeper's knowledge of it. */
export interface Begun extends Disposable {
  readonly path: string;
  readonly keeper: Keeper;
  readonly guest: Recorder;
  /** The descriptor that the guest appends to. */
  readonly log: number;
  readonly run: RunNumber;
}

export interface BeginOptions {
  readonly durability?: Durability;
  readonly mostRecordBytes?: number;
  readonly admit?: (event: Event) => void;
  readonly breathe?: () => void;
  /** Gives the guest the file for copies of its log's end. */
  readonly hasCopies?: boolean;
  /** When the log is begun again. */
  readonly logBounds?: { readonly bytes: number; readonly records: number };
}

export function begin(path: string, options: BeginOptions = {}): Begun {
  const keeper = openKeeper(path, keeperOptions(options));
  const log = keeper.openLog("append");
  const event = keeper.record(runStart);
  const durability = options.durability ?? "process";
  const now = systemClock();
  const { logBounds } = options;
  const copies =
    options.hasCopies === true
      ? { logReader: keeper.openLog("read"), logCopy: keeper.openLog("copy") }
      : {};
  const ends = { file: path, durability, log, ...copies, logBounds };
  const guest = recorderOf(keeper, { ...ends, now, event });
  let isClosed = false;
  return {
    path,
    keeper,
    guest,
    log,
    run: event.run,
    [Symbol.dispose]() {
      if (isClosed) return;
      isClosed = true;
      for (const descriptor of [log, ...Object.values(copies)]) closeSync(descriptor);
      keeper.close();
    },
  };
}

export function write(guest: Recorder, payload: Uint8Array): Event {
  const on = { ino: 2 as never, path: "/a", offset: 0 };
  return guest.append({ kind: "write", ...on, length: payload.length }, payload);
}

export function fileOf(size: number): Uint8Array {
  return new Uint8Array(size).fill(size);
}

/** Ends the keeper, and checks its journal with verify and for this many events. */
export function expectTaken(begun: Begun, events: number): void {
  begun[Symbol.dispose]();
  expect(verify(begun.path)).toMatchObject({ ok: true, events });
  for (const end of ["-tail", "-tail-sync"]) expect(existsSync(begun.path + end)).toBe(false);
}
