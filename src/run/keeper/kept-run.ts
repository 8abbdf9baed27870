import { RunError } from "../ending/error.ts";
import { describeFailure } from "../ending/failure.ts";
import { type Order, type Stop, stops } from "../ending/control.ts";
import { type GuestFile, withGuestFile } from "../process/guest-file.ts";
import type { GuestProcess } from "../process/guest-process.ts";
import type { GuestCode } from "../protocol/jobs.ts";
import type { FromKeeper, RunRequest } from "../protocol/keeper-protocol.ts";
import { mayBeAsync } from "../component/versions.ts";
import { LiveRun } from "./live-run.ts";
import { withoutDebug } from "../wasm/without-debug.ts";
import type { LoadedGuest } from "./loaded-guest.ts";
import type { Translation } from "../translate/translate.ts";
import { translationOf } from "../translate/translations.ts";

/** A run from its request to its end. */
export class KeptRun {
  readonly #say: (message: FromKeeper) => void;
  #translator: GuestProcess | undefined;
  #live: LiveRun | undefined;
  #stopped: Stop | undefined;

  readonly #stopMeanwhile: () => Stop | undefined;

  /** `stopMeanwhile` returns an order to stop that came while this thread was busy; the order is still delivered. */
  constructor(say: (message: FromKeeper) => void, stopMeanwhile: () => Stop | undefined) {
    this.#say = say;
    this.#stopMeanwhile = stopMeanwhile;
  }

  async begin(request: RunRequest): Promise<void> {
    try {
      await withGuestFile(request.guest, async (file) => {
        const code = await this.#codeOf(file, request);
        this.#live = new LiveRun(request, { ...code, file }, this.#say, this.#stopMeanwhile);
        const ended = this.#live.run();
        if (this.#stopped !== undefined) this.#live.stop(this.#stopped);
        await ended;
      });
    } catch (error) {
      this.#say({ kind: "failed", failure: describeFailure(this.#translated(error)) });
    }
  }

  obey(order: Order): void {
    switch (order.kind) {
      case "pause":
      case "resume":
        return this.#live?.[order.kind]();
      case "answer":
        return this.#live?.answered(order.id, order.given);
      case "hold":
        return this.#live?.hold(order.rules);
      case "put-back":
        return this.#live?.putBack(order.id, order.order);
      case "took":
        return this.#live?.took(order.bytes);
      case "stop":
        this.#stopped ??= order.stop;
        this.#translator?.kill();
        return this.#live?.stop(this.#stopped);
    }
  }

  /** Returns the code for the guest's process. */
  async #codeOf(
    file: GuestFile,
    { guest, cacheFolder, isolation, limits }: RunRequest,
  ): Promise<Omit<LoadedGuest, "file">> {
    // Read while the process starts.
    if (!file.isComponent)
      return { code: { kind: "module" }, files: () => [withoutDebug(file.bytes)], notes: [] };
    if (mayBeAsync(file.bytes))
      return { code: { kind: "linked" }, files: () => [[file.bytes]], notes: [] };
    const { translation, notes } = await translationOf(file, {
      name: guest,
      cacheFolder,
      isolation,
      limits,
      onProcess: (process) => {
        this.#translator = process;
        if (this.#stopped !== undefined) process.kill();
      },
    });
    const { modules, glue } = translation;
    const code = codeOf(guest, translation);
    const files = () => [[glue], ...[...modules.values()].map(withoutDebug)];
    return { code, files, notes };
  }

  /** A process that was killed from here reports nothing itself. */
  #translated(error: unknown): unknown {
    return this.#stopped !== undefined && this.#live === undefined
      ? stoppedBefore(this.#stopped)
      : error;
  }
}

function codeOf(guest: string, { entry, imports, modules }: Translation): GuestCode {
  if (entry === undefined)
    throw notRunnable(guest, "it exports no wasi:cli/run", "build it as a command");
  return { kind: "component", entry, imports, modules: [...modules.keys()] };
}

function notRunnable(name: string, why: string, hint: string): RunError {
  return new RunError(
    "not-runnable",
    `Cannot run ${name}: it is not a component or module it can run: ${why}`,
    { hint },
  );
}

function stoppedBefore(stop: Stop): RunError {
  return new RunError("stopped", `The run did not begin: ${stops[stop].reason}`);
}
