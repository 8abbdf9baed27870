import { existsSync } from "node:fs";
import { setImmediate } from "node:timers/promises";

import { guestNames, processSignals, runGuestOn, startKeeper } from "../../../run/index.ts";
import { printable } from "../../../text/index.ts";
import { type Define, collect, examples } from "../../command/command.ts";
import type { Context } from "../../command/context.ts";
import { requireFolder } from "../../command/journal-folder.ts";
import { type ImportScope, excludeOptions } from "../../run/exclude-options.ts";
import { labelsOf } from "../../run/labels.ts";
import {
  type ProgramOptions,
  parseDurability,
  parseEnvironment,
  parseIsolation,
  parseLimits,
  parseMount,
  parsePreopens,
  parseRecord,
  parseTimeout,
  programOptions,
  withTemporary,
} from "../../run/run-options.ts";
import { type RulesOf, ruleOptions } from "../../run/rule-options.ts";
import { runOrRefuse } from "../../run/run-or-refuse.ts";
import { keyIn, requireStatement, seal } from "../../run/sealing.ts";
import { shippingOf } from "../../run/shipping-of.ts";

interface Options extends ProgramOptions {
  readonly dir?: readonly string[];
  readonly preopen?: readonly string[];
  /** Set by --no-preopens. */
  readonly preopens?: false;
  readonly raw?: true;
  readonly all?: true;
  readonly lazy?: true;
  readonly copy?: true;
}

export const define: Define = (command, act) => {
  const scopeOf = excludeOptions(command);
  const rulesOf = ruleOptions(command);
  command
    .usage("[options] GUEST [ARG]...")
    .argument(
      "<guest>",
      `a .wasm file (component or preview 1 module), or ${guestNames.join(", ")}`,
    )
    .argument("[arg...]", "everything after GUEST goes to the guest")
    .passThroughOptions()
    .option(
      "--dir <host::guest>",
      "copy a host directory in first, as a run of its own (repeatable)",
      collect,
    )
    .option("--copy", "copy each --dir as a whole (the default)")
    .addOption(
      command
        .createOption(
          "--lazy",
          "list a new --dir only; its files are read when the program reads or changes them",
        )
        .conflicts("copy"),
    )
    .option(
      "--preopen <guest[:ro]>",
      "a directory that the guest gets, instead of / (repeatable)",
      collect,
    )
    .option("--no-preopens", "give the guest no directory at all");
  programOptions(command, { program: "the guest", limit: "memory=256MiB" });
  return examples(
    command
      .option("--raw", "let the guest's escape sequences reach the terminal")
      .option("-q, --quiet", "no summaries of the imports and the run")
      .action((guest: string, args: readonly string[], options: Options) =>
        act(options, (context) =>
          run(context, guest, args, { ...options, scope: scopeOf(options), rulesOf }),
        ),
      ),
    [
      ["rewindfs run app.wasm --verbose", "everything after app.wasm is its own"],
      ["rewindfs run --dir ./data::/data python -c 'print(1)'", "Python, on a copy of ./data"],
      ["rewindfs run --limits strict --timeout 10 guest.wasm", "with narrow limits"],
      ["rewindfs run --dir .::/src --include build app.wasm", "with a folder that git ignores"],
    ],
  ).addHelpText(
    "after",
    `
--dir leaves out paths that git ignores or a .rewindignore names; see rewindfs help import.`,
  );
};

async function run(
  context: Context,
  guest: string,
  args: readonly string[],
  options: Options & { readonly scope: ImportScope; readonly rulesOf: RulesOf },
): Promise<number> {
  const { rules, ask } = await options.rulesOf(context);
  const limits = parseLimits(options.limits, options.limit ?? []);
  const durability = parseDurability(options.durability);
  const preopens = parsePreopens(options.preopen ?? [], options.preopens === false ? "none" : "/");
  const environment = withTemporary(parseEnvironment(options.env ?? [], context.env), preopens);
  const timeoutSeconds = parseTimeout(options.timeout);
  const accesses = parseRecord(options.record);
  const isolation = parseIsolation(options.isolation, options.limits);
  const mounts = (options.dir ?? []).map(parseMount);
  const labels = labelsOf(options.label ?? [], context.env, (note) => context.talk.line(note));
  const key = options.sign === undefined ? undefined : await keyIn(options.sign);
  const keys = [options.sign, options.tokenFile].filter((file) => file !== undefined);
  requireFolder(context);
  await requireStatement(context, options);
  const shipping = await shippingOf(context, options);
  // A missing guest must not leave an import behind: the run will report it.
  const brings = mounts.length > 0 && (guestNames.includes(guest) || existsSync(guest));
  if (brings) {
    const { askAboutSize } = await import("../../run/asked-size.ts");
    const hosts = mounts.map(({ host }) => host);
    // Nothing has begun yet: a signal ends the question.
    if (options.lazy !== true) askAboutSize(context, hosts, options.scope);
  }
  // From before the start to the process's end: several signals may come at any time, and the first decides.
  const { signal } = processSignals((name) =>
    context.talk.line(printable(`rewindfs: ${name} again: the run does not end, and is given up`)),
  );
  const sealed = { key, quiet: options.quiet === true };
  if (brings) {
    const { bringIn } = await import("../../run/bring-in.ts");
    const bytes = options.lazy === true ? "when needed" : "now";
    const { quiet } = sealed;
    const how = { limits, durability, keys, exclude: options.scope.exclude, bytes, quiet } as const;
    const exit = await bringIn(context, mounts, how, signal);
    if (exit !== undefined) {
      await seal(context, sealed);
      await shipping?.finish(sealed);
      return exit;
    }
    await setImmediate();
  }
  const running = runOrRefuse(context, signal, () =>
    runGuestOn(context.keeper ?? startKeeper(), {
      signal,
      journal: context.journal,
      durability,
      limits,
      preopens,
      accesses,
      guest,
      args,
      environment,
      labels,
      timeoutSeconds,
      isolation,
      rules,
      attachable: true,
      ask,
      folders: mounts,
      terminalOutput: options.raw === true ? "raw" : "visible",
    }),
  );
  // This thread is idle while the guest runs: load the code needed afterwards.
  const [result, { conclude }] = await Promise.all([running, import("../../run/conclude.ts")]);
  if (typeof result === "number") {
    if (brings) await seal(context, sealed);
    await shipping?.finish(sealed);
    return result;
  }
  await conclude(context, result, { ...sealed, statement: options.statement, shipping });
  return result.outcome.exit;
}
