import { type Shipping, startShipping } from "../../fleet/client/index.ts";
import { type Printable, counted, line, parseDuration, printable } from "../../text/index.ts";
import type { Context } from "../command/context.ts";
import { UsageError, tellProblem } from "../command/failure.ts";
import { processSignals } from "../../run/index.ts";
import { openProgress } from "../command/progress.ts";
import { newKeyText, tokenOf, trustOf } from "./depot-options.ts";

/** Options of a run whose journal is sent to a depot. */
export interface ShipChoice {
  readonly ship?: string;
  readonly shipWait?: string;
  readonly tokenFile?: string;
}

/** A run's journal on its way to a depot. */
export interface RunShipping {
  /** Sends what is left, and says what came of it; nothing of that fails the run. */
  finish(how: { readonly quiet: boolean }): Promise<void>;
}

/** Sends the journal of a run that is about to begin. Throws UsageError and DepotError for options that make no sense. */
export function shipWhileRunning(
  context: Context,
  url: string,
  { shipWait = "10s", tokenFile }: ShipChoice,
): RunShipping {
  const seconds = parseDuration(shipWait);
  if (seconds === undefined)
    throw new UsageError(`--ship-wait ${shipWait} is no span of time`, "for example 30s");
  const { talk, env } = context;
  const newKeys: Printable[] = [];
  const shipping = startShipping(context.journal, url, {
    token: tokenOf(env, tokenFile),
    trust: trustOf(env, undefined),
    // The terminal is the program's while it runs.
    onNewKey: (fingerprint, isKept) => newKeys.push(...newKeyText(url, fingerprint, isKept)),
  });
  return {
    async finish({ quiet }) {
      const { head, unshipped, failure } = await finished(context, url, shipping, seconds);
      for (const text of newKeys) talk.line(text);
      if (failure === undefined) {
        if (!quiet && head > 0) talk.line(line`shipped up to event ${head}: ${printable(url)}`);
        return;
      }
      const rest =
        unshipped === 0 ? printable("the journal") : line`${counted(unshipped, "event")}`;
      const { message, hint } = failure;
      tellProblem(talk, {
        message: `${rest} of ${context.journal} not shipped: ${message}`,
        hint:
          (failure.code === "away" ? undefined : hint) ??
          `rewindfs -j ${context.journal} ship --depot ${url} sends them`,
      });
    },
  };
}

/** Waits for the rest, and says so on a terminal; Ctrl-C leaves it. */
async function finished(context: Context, url: string, shipping: Shipping, seconds: number) {
  using signals = processSignals();
  using progress = openProgress(context);
  const began = performance.now();
  const timer = setInterval(() => {
    const passed = Math.round((performance.now() - began) / 1_000);
    progress.show(() =>
      printable(`sending the rest to ${url}: ${passed} of ${seconds} s; Ctrl-C leaves it`),
    );
  }, 1_000);
  try {
    return await shipping.finish(seconds * 1_000, signals.signal);
  } finally {
    clearInterval(timer);
  }
}
