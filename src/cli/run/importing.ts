import { setImmediate } from "node:timers/promises";

import { filesOf, resolvePath } from "../../../journal/index.ts";
import {
  type Excluded,
  type ImportOptions,
  type ImportSummary,
  HostError,
  type Skip,
  type Steps,
  hiddenIn,
  importSteps,
  stoppedImport,
} from "../../host/index.ts";
import { openHistory } from "../../history/index.ts";
import {
  counted,
  describeBytes,
  joined,
  line,
  printable,
  printableName,
  words,
} from "../../text/index.ts";
import { exitOfSignal } from "../../run/index.ts";
import type { Context } from "../command/context.ts";
import { tellProblem } from "../command/failure.ts";
import { openProgress } from "../command/progress.ts";
import { excludedLines, secretsLine } from "./excluded-text.ts";
import type { Mount } from "./run-options.ts";
import type { Live } from "../asking/writing.ts";

/** Number of paths not imported that are listed; the rest are counted. */
const mostSkips = 20;

/**
 * Imports a host directory as a run of its own, and reports the result, or with `quiet` only what stayed out, may be a
 * secret, or conflicts. Throws HostError "stopped" once the signal is
 * aborted.
 */
export async function importMount(
  context: Context,
  { files, journal }: Live,
  { host, guest }: Mount,
  {
    extra = "keep",
    keys = [],
    from = "changes",
    conflicts = "leave",
    exclude = { ignored: "leave", rules: [] },
    bytes = "now",
    copies = "shared",
    quiet = false,
  }: Pick<
    ImportOptions,
    "extra" | "keys" | "from" | "conflicts" | "exclude" | "bytes" | "copies"
  > & {
    readonly quiet?: boolean;
  },
  signal: AbortSignal,
): Promise<ImportSummary> {
  using progress = openProgress(context);
  let told = 0;
  const tell = ({ path, reason }: Skip): void => {
    told += 1;
    if (told <= mostSkips)
      progress.talk(line`left out ${printableName(path)}: ${printable(reason)}`);
  };
  for (const { path, guest: at, from, isOnHost } of hiddenIn(journal.runs(), host, guest)) {
    if (isOnHost) tell({ path, reason: `${at} holds ${from}, which was imported there` });
  }
  const excluded: Excluded[] = [];
  const steps = importSteps(files, host, guest, {
    extra,
    from,
    conflicts,
    copies,
    history: openHistory(journal, { now: context.now }),
    leaveOut: [context.journal, ...filesOf(resolvePath(context.journal))],
    keys,
    onProgress: ({ files: count, bytes }) =>
      progress.show(() =>
        printable(`importing ${host}: ${counted(count, "file")}, ${describeBytes(bytes)}`),
      ),
    onSkip: tell,
    onLeaveOut: tell,
    exclude,
    bytes,
    onExclude: (one) => void excluded.push(one),
  });
  const summary = await inTurns(steps, signal, () => stoppedImport(host));
  if (told > mostSkips) {
    progress.talk(printable(`and ${counted(told - mostSkips, "more path")} left out`));
  }
  if (!quiet) for (const text of summaryLines(summary)) progress.talk(text);
  for (const text of excludedLines(excluded)) progress.talk(text);
  for (const text of secretsLine(summary.secrets)) progress.talk(text);
  for (const { path, reason } of summary.conflicts.slice(0, mostSkips))
    progress.talk(line`conflict: ${printableName(path)}: ${printable(reason)}`);
  if (summary.conflicts.length > mostSkips)
    progress.talk(line`and ${counted(summary.conflicts.length - mostSkips, "more conflict")}`);
  if (summary.conflicts.length > 0) {
    progress.talk(
      words(
        "both versions stay where they are; to settle it: import or apply with --merge, --ours (this machine's) or --theirs (the program's)",
      ),
    );
  }
  return summary;
}

/** Milliseconds of work between two looks for signals. */
const turnMilliseconds = 50;

/** Does the steps of some work. Once the signal is aborted, throws an error into them that ends it. */
async function inTurns<T>(steps: Steps<T>, signal: AbortSignal, stopped: () => Error): Promise<T> {
  for (;;) {
    await setImmediate();
    if (signal.aborted) steps.throw(stopped());
    const end = performance.now() + turnMilliseconds;
    while (performance.now() < end) {
      const step = steps.next();
      if (step.done === true) return step.value;
    }
  }
}

/** Tells of an import that a signal ended, and returns that signal's exit code. Throws any other error again. */
export function tellStopped({ talk }: Context, error: unknown, signal: AbortSignal): number {
  if (!(error instanceof HostError) || error.code !== "stopped") throw error;
  tellProblem(talk, { message: error.message, hint: error.hint });
  return exitOfSignal(signal);
}

function summaryLines(summary: ImportSummary) {
  const { run, host, guest, onto, added, updated, unchanged, removed, bytes, kept, resolved } =
    summary;
  const changes = [
    counted(added, "path added", "paths added"),
    ...(updated > 0 ? [printable(`${updated} updated`)] : []),
    ...(removed > 0 ? [printable(`${removed} removed`)] : []),
    ...(kept > 0
      ? [printable(`${kept} kept as the program left ${kept === 1 ? "it" : "them"}`)]
      : []),
    ...(resolved.length > 0 ? [printable(`${counted(resolved.length, "conflict")} settled`)] : []),
    ...(unchanged > 0 ? [printable(`${unchanged} unchanged`)] : []),
    describeBytes(bytes),
  ];
  const title = line`run ${run}: imported ${printable(host)} to ${printable(guest)}`;
  const onExisting = onto === "existing" ? [words("it went on from what was there")] : [];
  return [line`${title} (${joined(changes, ", ")})`, ...onExisting];
}
