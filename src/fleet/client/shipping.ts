import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { basename } from "node:path";
import { type JournalError, openReader, shippedTo } from "../../../journal/index.ts";
import { Depot } from "./depot.ts";
import { DepotError } from "./error.ts";
import { standBehind } from "./priority.ts";
import { ship } from "./ship.ts";
import type { OnNewKey, TrustChoice } from "./trust.ts";

/** Tells a process which journal it sends, and where to: the token stands in no list of arguments. */
export interface ShipOrder {
  readonly file: string;
  readonly url: string;
  readonly token: string;
  readonly name: string;
  readonly trust: TrustChoice;
}

/** Told by that process: how far the depot has the journal, and that its key was not known. */
export type Told =
  | { readonly head: number }
  | { readonly newKey: string; readonly isKept: boolean };

/** A journal that is sent while a program adds to it. */
export interface Shipping {
  /**
   * Sends what is left, for so many milliseconds at most, or until `stopped` aborts. Call it when nothing is added to the
   * journal any more. Throws nothing that a depot or the journal failed with: it says so.
   */
  finish(milliseconds: number, stopped?: AbortSignal): Promise<ShippingEnd>;
}

/** Tells how far the depot has a journal. */
export interface ShippingEnd {
  /** The last event that it acknowledged. */
  readonly head: number;
  /** The number of events that it did not. */
  readonly unshipped: number;
  /** The reason where there are any, or may be. */
  readonly failure?: DepotError | JournalError;
}

/** Says whose depot a journal is sent to. */
export interface ShippingTo {
  readonly token: string;
  readonly trust?: TrustChoice;
  readonly onNewKey?: OnNewKey;
}

/** Time in milliseconds after which a process of its own begins to send: a short run is sent when it has ended. */
const patience = 1_000;

/**
 * Sends a journal to a depot while a program adds to it, from a process of its own that stands behind all others, and
 * only what is on disk. Throws DepotError for an address that is none.
 */
export function startShipping(file: string, url: string, to: ShippingTo): Shipping {
  const { token, trust = {}, onNewKey = () => {} } = to;
  const order = { file, url, token, name: basename(file), trust };
  // An address that is none is told before anything begins.
  void new Depot(url, to);
  let child: ChildProcess | undefined;
  let acknowledged = 0;
  let isTold = false;
  const meets: OnNewKey = (fingerprint, isKept) => {
    if (!isTold) onNewKey(fingerprint, isKept);
    isTold = true;
  };
  const timer = setTimeout(() => {
    child = startShipper(order);
    child?.on("message", (told: Told) => {
      if ("head" in told) acknowledged = Math.max(acknowledged, told.head);
      else meets(told.newKey, told.isKept);
    });
  }, patience);
  timer.unref();

  return {
    async finish(milliseconds, stopped) {
      clearTimeout(timer);
      if (child !== undefined) await ended(child);
      if (!existsSync(file)) return { head: 0, unshipped: 0 };
      const time = AbortSignal.timeout(milliseconds);
      const signal = stopped === undefined ? time : AbortSignal.any([time, stopped]);
      const depot = new Depot(url, {
        token,
        trust,
        onNewKey: meets,
        signal,
        patience: milliseconds,
      });
      try {
        const { head } = await ship(file, depot, {
          onPack: (last) => (acknowledged = Math.max(acknowledged, last)),
        });
        return { head, unshipped: 0 };
      } catch (error) {
        return endOf(file, url, acknowledged, failureIn(error, signal, stopped?.aborted));
      }
    },
  };
}

/** Returns undefined where it cannot be started, which costs nothing but time: what is left is sent at the end. */
function startShipper(order: ShipOrder): ChildProcess | undefined {
  const extension = import.meta.url.endsWith(".ts") ? "ts" : "js";
  let child: ChildProcess;
  try {
    child = fork(new URL(`./shipper.${extension}`, import.meta.url), {
      stdio: ["ignore", "ignore", "ignore", "ipc"],
      execArgv: [],
      // In a session of its own: what ends the run by a signal to all of its group leaves this one to send the rest, and
      // the kernel may share out processor time by sessions.
      detached: true,
    });
  } catch {
    // There is no memory for one.
    return undefined;
  }
  child.on("error", () => {});
  // With too many open files, or processes, there is nobody to be told.
  if (child.pid === undefined) return undefined;
  standBehind(child.pid);
  child.send(order, () => {});
  child.unref();
  child.channel?.unref();
  return child;
}

async function ended(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null || child.pid === undefined) return;
  const closed = once(child, "exit");
  child.ref();
  child.kill("SIGKILL");
  await closed;
}

/** Returns the failure that a person is told of. Throws what is no failure of a depot or a journal. */
function failureIn(
  error: unknown,
  signal: AbortSignal,
  isStopped = false,
): DepotError | JournalError {
  const isKnown =
    error instanceof Error && (error.name === "DepotError" || error.name === "JournalError");
  if (isKnown) return error as DepotError | JournalError;
  if (!signal.aborted) throw error;
  return new DepotError(
    "away",
    isStopped ? "it was interrupted" : "there was no time for more",
    undefined,
    error,
  );
}

function endOf(
  file: string,
  url: string,
  acknowledged: number,
  failure: DepotError | JournalError,
): ShippingEnd {
  try {
    const journal = openReader(file);
    try {
      const note = shippedTo(journal);
      const known = note?.depot === url ? note.seq : 0;
      const head = Math.max(known, acknowledged);
      return { head, unshipped: Math.max(0, journal.head() - head), failure };
    } finally {
      journal.close();
    }
  } catch {
    return { head: acknowledged, unshipped: 0, failure };
  }
}
