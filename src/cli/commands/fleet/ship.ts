import { setTimeout as sleep } from "node:timers/promises";
import type { Depot, Shipped } from "../../../fleet/client/index.ts";
import { processSignals } from "../../../run/index.ts";
import { counted, describeBytes, line, printable } from "../../../text/index.ts";
import {
  type Define,
  type ReadingOptions,
  examples,
  readingOptions,
} from "../../command/command.ts";
import type { Context } from "../../command/context.ts";
import { UsageError, exits } from "../../command/failure.ts";
import { type Progress, openProgress } from "../../command/progress.ts";
import { type DepotChoice, depotOf, depotOptions } from "../../fleet/depot-options.ts";

interface Options extends ReadingOptions, DepotChoice {
  readonly watch?: true;
  readonly name?: string;
}

export const define: Define = (command, act) =>
  examples(
    depotOptions(readingOptions(command))
      .argument("[file...]", "journals; by default the one of --journal")
      .option("--name <name>", "what the journal is called there; by default its file's name")
      .option("--watch", "go on, and send what is added, until stopped")
      .action((files: readonly string[], options: Options) =>
        act(options, (context) => sendAll(context, files, options)),
      ),
    [
      ["rewindfs ship --depot https://depot.example", "send what the depot does not have yet"],
      ["rewindfs ship --watch *.db", "several journals, as they grow"],
    ],
  ).addHelpText(
    "after",
    "\nA program that is being recorded never waits for this, and only what is on disk is sent. docs/fleet.md says more.",
  );

async function sendAll(
  context: Context,
  given: readonly string[],
  options: Options,
): Promise<number> {
  const files = given.length === 0 ? [context.journal] : given;
  if (options.name !== undefined && files.length > 1)
    throw new UsageError("--name is for one journal", "leave it out: each has its file's name");
  using signals = processSignals();
  using progress = openProgress(context);
  const { signal } = signals;
  const patience = options.watch === true ? Number.POSITIVE_INFINITY : undefined;
  const sending: Sending = { file: undefined };
  const depot = await depotOf(context, options, {
    signal,
    progress,
    about: () => sending.file,
    ...(patience === undefined ? {} : { patience }),
  });
  try {
    if (options.watch !== true) {
      for (const file of files) {
        sending.file = file;
        tellSent(context, options, file, await send(depot, file, options, progress));
      }
      return exits.done;
    }
    return await watch(context, depot, files, { options, progress, signal, sending });
  } catch (error) {
    if (!signal.aborted) throw error;
    return exits.done;
  }
}

/** The journal that is being sent. */
interface Sending {
  file: string | undefined;
}

interface Watching {
  readonly options: Options;
  readonly progress: Progress;
  readonly signal: AbortSignal;
  readonly sending: Sending;
}

/** Sends what is added to each journal, until the signal aborts. One that fails does not hold up the others. */
async function watch(
  context: Context,
  depot: Depot,
  files: readonly string[],
  { options, progress, signal, sending }: Watching,
): Promise<number> {
  const failing = new Map<string, { readonly message: string; readonly told: number }>();
  // Programs write these journals: the depot's signature is kept where nothing came since the last look.
  const kept = new Map<string, number>();
  while (!signal.aborted) {
    for (const file of files) {
      sending.file = file;
      try {
        const sent = await send(depot, file, options, progress, "no");
        if (sent.events > 0) tellSent(context, options, file, sent);
        else if (kept.get(file) !== sent.head) {
          await send(depot, file, options, progress);
          kept.set(file, sent.head);
        }
        failing.delete(file);
      } catch (error) {
        if (signal.aborted || !(error instanceof Error)) break;
        const { message } = error;
        const before = failing.get(file);
        const now = performance.now();
        if (before?.message === message && now - before.told < againMilliseconds) continue;
        progress.talk(line`rewindfs: ${printable(file)}: ${printable(message)}`);
        if ("hint" in error && typeof error.hint === "string")
          progress.talk(line`Hint: ${printable(error.hint)}`);
        failing.set(file, { message, told: now });
      }
    }
    await sleep(watchMilliseconds, undefined, { signal }).catch(() => {});
  }
  return failing.size === 0 ? exits.done : exits.no;
}

const watchMilliseconds = 1_000;
/** Time after which a failure that lasts is told again. */
const againMilliseconds = 300_000;

async function send(
  depot: Depot,
  file: string,
  { name }: Options,
  progress: Progress,
  keeps: "yes" | "no" = "yes",
): Promise<Shipped> {
  const { ship } = await import("../../../fleet/client/index.ts");
  return await ship(file, depot, {
    ...(name === undefined ? {} : { name }),
    keeps,
    onPack: (last) => progress.show(() => printable(`${file}: up to event ${last}`)),
  });
}

function tellSent({ out, talk }: Context, { json }: Options, file: string, sent: Shipped): void {
  if (json === true) return out.json({ file, ...sent });
  const { journal, head, events, bytes } = sent;
  const what =
    events === 0
      ? line`nothing to send`
      : line`sent ${counted(events, "event")}, ${describeBytes(bytes)}`;
  talk.line(line`${printable(file)}: ${what}; ${printable(journal)} is there up to event ${head}`);
}
