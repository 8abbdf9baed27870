import { existsSync, realpathSync } from "node:fs";
import { join, relative, resolve, sep } from "node:path";
import { isatty } from "node:tty";

import {
  enterUserNamespace,
  isInUserNamespace,
  processSignals,
  requireSystem,
  runNative,
} from "../../../run/index.ts";
import { line, printable } from "../../../text/index.ts";
import { type Define, collect, examples } from "../../command/command.ts";
import type { Context } from "../../command/context.ts";
import { UsageError } from "../../command/failure.ts";
import { requireFolder } from "../../command/journal-folder.ts";
import { type ImportScope, excludeOptions } from "../../run/exclude-options.ts";
import { givenEnvironment } from "../../run/given-environment.ts";
import { labelsOf } from "../../run/labels.ts";
import {
  type Mount,
  type ProgramOptions,
  parseDurability,
  parseIsolation,
  parseLimits,
  parseMount,
  parseRecord,
  parseTimeout,
  programOptions,
} from "../../run/run-options.ts";
import { type RulesOf, ruleOptions } from "../../run/rule-options.ts";
import { runOrRefuse } from "../../run/run-or-refuse.ts";
import { keyIn, requireStatement, seal } from "../../run/sealing.ts";
import { shippingOf } from "../../run/shipping-of.ts";

interface Options extends ProgramOptions {
  readonly dir?: readonly string[] | false;
  readonly lazy?: boolean;
  readonly net?: true;
  readonly show?: readonly string[];
}

export const define: Define = (command, act) => {
  const scopeOf = excludeOptions(command, "take");
  const rulesOf = ruleOptions(command);
  command
    .usage("[options] [--] [COMMAND [ARG]...]")
    .argument("[command]", "a program of this machine; a shell if there is none")
    .argument("[arg...]", "everything after COMMAND goes to it")
    .passThroughOptions()
    .option(
      "--dir <host::path>",
      "copy this in first, instead of the working directory (repeatable)",
      collect,
    )
    .option("--no-dir", "copy nothing in: go on with what the journal has")
    .option(
      "--lazy",
      "list what is in there, and copy a file's bytes when the program first reads or changes them; usual for more than 10,000 files or 100 MiB",
    )
    .option("--no-lazy", "copy all first, however large it is")
    .option("--net", "let it use the network")
    .option("--show <path>", "let it read this below a hidden folder (repeatable)", collect);
  programOptions(command, { program: "it", limit: "bytes=1GiB" });
  return examples(
    command
      .option("-q, --quiet", "no summaries of the imports and the run")
      .action((program: string | undefined, args: readonly string[], options: Options) =>
        act(options, (context) =>
          exec(context, program, args, { ...options, scope: scopeOf(options), rulesOf }),
        ),
      ),
    [
      ["rewindfs exec -- make test", "on a journaled copy of the working directory"],
      ["rewindfs exec", "a shell there"],
      ["rewindfs exec --net --show ~/.npmrc -- npm ci", "with the network, and a file of yours"],
      ["rewindfs exec --no-dir -- git log", "on what the journal has, and nothing newer"],
    ],
  ).addHelpText(
    "after",
    `
The working directory is the journal's filesystem while the program runs; rewindfs diff shows what it
changed, and rewindfs apply . brings that back. Of the rest of the machine it can change nothing.`,
  );
};

async function exec(
  context: Context,
  given: string | undefined,
  args: readonly string[],
  options: Options & { readonly scope: ImportScope; readonly rulesOf: RulesOf },
): Promise<number> {
  const { rules, ask } = await options.rulesOf(context);
  const limits = parseLimits(options.limits, options.limit ?? []);
  const durability = parseDurability(options.durability);
  const timeoutSeconds = parseTimeout(options.timeout);
  const accesses = parseRecord(options.record);
  const isolation = parseIsolation(options.isolation, options.limits);
  const user = process.getuid?.() === 0 && !isInUserNamespace() ? "root" : "ordinary";
  const environment = givenEnvironment(options.env ?? [], context.env, user);
  const mounts =
    options.dir === false ? [] : (options.dir ?? [".::/"]).map((text) => parseMount(text));
  const labels = labelsOf(options.label ?? [], context.env, (note) => context.talk.line(note));
  const key = options.sign === undefined ? undefined : await keyIn(options.sign);
  const keys = [options.sign, options.tokenFile].filter((file) => file !== undefined);
  const shown = (options.show ?? []).map(shownPath);
  const program = given ?? (context.env["SHELL"] || "/bin/sh");
  requireFolder(context);
  await requireStatement(context, options);
  const shipping = await shippingOf(context, options);
  const signal = signalsFor(context);
  const quiet = options.quiet === true;
  const refused = await runOrRefuse(context, signal, async () => {
    requireSystem();
    enterUserNamespace();
    return undefined;
  });
  if (typeof refused === "number") return refused;
  if (mounts.length > 0) {
    const { bringIn } = await import("../../run/bring-in.ts");
    const hosts = mounts.map(({ host }) => host);
    const bytes = await whenBytesCome(context, hosts, options);
    // A folder that the user names is meant to be where it is put.
    const others = options.dir === undefined ? "refuse" : "leave";
    const how = {
      limits,
      durability,
      keys,
      exclude: options.scope.exclude,
      bytes,
      others,
      quiet,
    } as const;
    const exit = await bringIn(context, mounts, how, signal);
    if (exit !== undefined) {
      await seal(context, { key, quiet });
      await shipping?.finish({ quiet });
      return exit;
    }
  }
  const running = runOrRefuse(context, signal, () =>
    runNative({
      program,
      args,
      environment,
      folder: process.cwd(),
      start: startIn(mounts),
      journal: context.journal,
      durability,
      limits,
      accesses,
      isolation,
      rules,
      attachable: true,
      ask,
      labels,
      network: options.net === true ? "host" : "none",
      shown,
      timeoutSeconds,
      signal,
    }),
  );
  // This thread is idle while the program runs: load the code needed afterwards.
  const [result, { conclude }] = await Promise.all([running, import("../../run/conclude.ts")]);
  if (typeof result === "number") {
    await shipping?.finish({ quiet });
    return result;
  }
  await conclude(context, result, { key, quiet, statement: options.statement, shipping });
  return result.outcome.exit;
}

/** Decides when the bytes of files come in, by what the user wants or by how large the folders are. Throws HostError. */
async function whenBytesCome(
  context: Context,
  hosts: readonly string[],
  { lazy, scope }: Pick<Options, "lazy"> & { readonly scope: ImportScope },
): Promise<"now" | "when needed"> {
  if (lazy === true) return "when needed";
  if (lazy === undefined && scope.cap.from === "usual") {
    const { largeFolders } = await import("../../run/large-folders.ts");
    const [large] = largeFolders(hosts, scope);
    if (large === undefined) return "now";
    if (!existsSync(context.journal))
      context.talk.line(
        line`rewindfs: ${printable(large)} is large: its files are copied when the program first needs them (--no-lazy copies all)`,
      );
    return "when needed";
  }
  const { askAboutSize } = await import("../../run/asked-size.ts");
  askAboutSize(context, hosts, scope);
  return "now";
}

/** Returns where the working directory is in the filesystem, if it came in; otherwise the root. */
function startIn(mounts: readonly Mount[]): string {
  for (const { host, guest } of mounts) {
    const below = relative(realpathSync(host), process.cwd());
    if (below.split(sep)[0] !== "..") return join("/", guest, below);
  }
  return "/";
}

function shownPath(path: string): string {
  if (existsSync(path)) return resolve(path);
  throw new UsageError(`--show ${path} is not there`, "it is a file or a folder of this machine");
}

/**
 * Ends the program by a signal to this process. Keys at a terminal send signals to all that runs there: they are the
 * program's, and only its.
 */
function signalsFor({ talk }: Context): AbortSignal {
  const isAtTerminal = isatty(0) || isatty(1) || isatty(2);
  if (isAtTerminal) for (const name of ["SIGINT", "SIGQUIT"] as const) process.on(name, () => {});
  return processSignals(
    (name) =>
      talk.line(printable(`rewindfs: ${name} again: the run does not end, and is given up`)),
    isAtTerminal ? ["SIGTERM", "SIGHUP"] : undefined,
  ).signal;
}
