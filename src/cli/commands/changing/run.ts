import type { KeyObject } from "node:crypto";
import { existsSync } from "node:fs";
import { setImmediate } from "node:timers/promises";

import type { Durability } from "../../../../journal/index.ts";
import {
  type Isolation,
  RunError,
  type RunOptions,
  type RunResult,
  exitOfRunError,
  guestNames,
  processSignals,
  runGuestOn,
  startKeeper,
} from "../../../run/index.ts";
import { parseDuration, printable } from "../../../text/index.ts";
import { type CommonOptions, type Define, collect, examples } from "../../command/command.ts";
import type { Context } from "../../command/context.ts";
import { UsageError, tellProblem } from "../../command/failure.ts";
import { requireFolder } from "../../command/journal-folder.ts";
import { type ImportScope, excludeOptions } from "../../run/exclude-options.ts";
import {
  parseEnvironment,
  parseLimits,
  parseMount,
  parsePreopens,
  withTemporary,
} from "../../run/run-options.ts";

interface Options extends CommonOptions {
  readonly dir?: readonly string[];
  readonly preopen?: readonly string[];
  /** Set by --no-preopens. */
  readonly preopens?: false;
  readonly env?: readonly string[];
  readonly durability: string;
  readonly limits: string;
  readonly limit?: readonly string[];
  readonly record?: string;
  readonly timeout?: string;
  readonly sign?: string;
  readonly quiet?: true;
  readonly raw?: true;
  readonly isolation?: string;
  readonly all?: true;
  readonly maxSize?: string;
}

export const define: Define = (command, act) => {
  const scopeOf = excludeOptions(command);
  return examples(
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
      .option(
        "--preopen <guest[:ro]>",
        "a directory that the guest gets, instead of / (repeatable)",
        collect,
      )
      .option("--no-preopens", "give the guest no directory at all")
      .option(
        "--env <k=v>",
        "a variable for the guest; K alone takes the host's (repeatable)",
        collect,
      )
      .option("--durability <mode>", "process, batch or power", "process")
      .option("--limits <profile>", "default or strict", "default")
      .option("--limit <name=value>", "one limit, such as memory=256MiB (repeatable)", collect)
      .option("--record <what>", "reads: record reads and opens too")
      .option("--timeout <seconds>", "end the guest after this time")
      .option("--sign <key.pem>", "sign the head when the run has ended, with an Ed25519 key")
      .option(
        "--isolation <how>",
        "required, auto (the best there is) or none; required under --limits strict",
      )
      .option("--raw", "let the guest's escape sequences reach the terminal")
      .option("-q, --quiet", "no summary at the end")
      .action((guest: string, args: readonly string[], options: Options) =>
        act(options, (context) =>
          run(context, guest, args, { ...options, scope: scopeOf(options) }),
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
  options: Options & { readonly scope: ImportScope },
): Promise<number> {
  const limits = parseLimits(options.limits, options.limit ?? []);
  const durability = parseDurability(options.durability);
  const preopens = parsePreopens(options.preopen ?? [], options.preopens === false ? "none" : "/");
  const environment = withTemporary(parseEnvironment(options.env ?? [], context.env), preopens);
  const timeoutSeconds = parseTimeout(options.timeout);
  const accesses = parseRecord(options.record);
  const isolation = parseIsolation(options.isolation, options.limits);
  const mounts = (options.dir ?? []).map(parseMount);
  const key = options.sign === undefined ? undefined : await keyIn(options.sign);
  const keys = options.sign === undefined ? [] : [options.sign];
  requireFolder(context);
  // From before the start until all is printed and signed: several signals may come at any time.
  using signals = processSignals((name) =>
    context.talk.line(printable(`rewindfs: ${name} again: the run does not end, and is given up`)),
  );
  // A missing guest must not leave an import behind: the run will report it.
  if (mounts.length > 0 && (guestNames.includes(guest) || existsSync(guest))) {
    const { importMount } = await import("../../run/importing.ts");
    const { askAboutSize } = await import("../../run/asked-size.ts");
    const { scope } = options;
    const hosts = mounts.map(({ host }) => host);
    askAboutSize(context, hosts, scope);
    const how = { keys, exclude: scope.exclude };
    const { writing } = await import("../../asking/writing.ts");
    await writing(context, { limits, durability, journal: "is made" }, async (live) => {
      for (const mount of mounts) {
        // An import that has begun is finished; signals are handled between two.
        await setImmediate();
        if (signals.signal.aborted) return;
        importMount(context, live, mount, how);
      }
    });
    await setImmediate();
  }
  const running = runOrRefuse(context, {
    signal: signals.signal,
    journal: context.journal,
    durability,
    limits,
    preopens,
    accesses,
    guest,
    args,
    environment,
    timeoutSeconds,
    isolation,
    terminalOutput: options.raw === true ? "raw" : "visible",
  });
  // This thread is idle while the guest runs: load the code needed afterwards.
  const [result, { printRunSummary }] = await Promise.all([
    running,
    import("../../run/run-summary.ts"),
  ]);
  if (typeof result === "number") return result;
  const signature =
    key === undefined
      ? undefined
      : (await import("../../../../journal/index.ts")).signHead(context.journal, key);
  if (result.notes.length > 0 || options.quiet !== true) context.talk.freshLine();
  for (const note of result.notes) context.talk.line(printable(`rewindfs: ${note}`));
  if (options.quiet !== true) await printRunSummary(context, result);
  if (signature !== undefined && options.quiet !== true) {
    const { seq, fingerprint } = signature;
    context.talk.line(printable(`signed up to event ${seq} by ${fingerprint}`));
  }
  await (await import("../../retention/automatic.ts")).compactByConfig(context);
  return result.outcome.exit;
}

/** Reads the key before the guest runs: a bad one must be reported before. */
async function keyIn(file: string): Promise<KeyObject> {
  const [{ signingKey }, { keyText }] = await Promise.all([
    import("../../../../journal/index.ts"),
    import("../../command/key-file.ts"),
  ]);
  return signingKey(keyText("--sign", file), file);
}

/** Returns the result, or the exit code if the guest could not be run. */
async function runOrRefuse(
  { talk, out, keeper }: Context,
  options: RunOptions,
): Promise<RunResult | number> {
  out.flush();
  try {
    return await runGuestOn(keeper ?? startKeeper(), options);
  } catch (error) {
    if (!(error instanceof RunError)) throw error;
    const [message = "", ...details] = error.message.split("\n");
    tellProblem(talk, { message, details, hint: error.hint });
    return exitOfRunError(error, options.signal);
  }
}

function parseDurability(text: string): Durability {
  if (text === "process" || text === "batch" || text === "power") return text;
  throw new UsageError(`--durability ${text} is unknown`, "it is process, batch or power");
}

/** Requires isolation for narrow limits, as such a guest is not trusted, unless another is asked for. */
function parseIsolation(text: string | undefined, profile: string): Isolation {
  if (text === undefined) return profile === "strict" ? "required" : "auto";
  if (text === "required" || text === "auto" || text === "none") return text;
  throw new UsageError(`--isolation ${text} is unknown`, "it is required, auto or none");
}

function parseTimeout(text: string | undefined): number {
  const seconds = text === undefined ? 0 : parseDuration(text);
  if (seconds === undefined || (text !== undefined && seconds === 0)) {
    throw new UsageError(`--timeout ${text} is no time`, "for example --timeout 10, or 5m");
  }
  return seconds;
}

function parseRecord(text: string | undefined): "record" | "ignore" {
  if (text === undefined) return "ignore";
  if (text === "reads") return "record";
  throw new UsageError(`--record ${text} is unknown`, "it is reads");
}
