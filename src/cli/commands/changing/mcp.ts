import { randomBytes } from "node:crypto";
import { readFileSync } from "node:fs";
import { processSignals } from "../../../run/index.ts";
import { printable } from "../../../text/index.ts";
import { profiles } from "../../../fs/index.ts";
import { type Define, collect, examples } from "../../command/command.ts";
import type { CommonOptions } from "../../command/command.ts";
import type { Context } from "../../command/context.ts";
import { UsageError, exits } from "../../command/failure.ts";
import { requireFolder } from "../../command/journal-folder.ts";
import { packageVersion } from "../../command/version.ts";
import { labelsOf } from "../../run/labels.ts";
import { askAboutSize } from "../../run/asked-size.ts";
import { bringIn } from "../../run/bring-in.ts";
import { type ImportScope, excludeOptions } from "../../run/exclude-options.ts";
import { parseMount } from "../../run/run-options.ts";

interface Options extends CommonOptions {
  readonly dir?: readonly string[];
  readonly all?: true;
  readonly label?: readonly string[];
  readonly http?: string;
  readonly tokenFile?: string;
}

export const define: Define = (command, act) => {
  const scopeOf = excludeOptions(command);
  return examples(
    command
      .option("--dir <host::guest>", "copy a host directory in first (repeatable)", collect)
      .option(
        "--label <name=text>",
        "a word to find the runs of this server by (repeatable)",
        collect,
      )
      .option(
        "--http <port>",
        "serve programs of this machine on 127.0.0.1, instead of stdin and stdout",
      )
      .option(
        "--token-file <file>",
        "the file with the secret that they must send; a new one unless given",
      )
      .action((options: Options) =>
        act(options, (context) => serve(context, options, scopeOf(options))),
      ),
    [
      ["rewindfs mcp -j agent.db --dir .::/src", "a server for one client, as clients start it"],
      ["rewindfs mcp --http 4000 --token-file token", "for several clients of this machine"],
    ],
  ).addHelpText(
    "after",
    `
The tools have the names of the reference filesystem server, and the past's: docs/agents.md. It needs the
packages @modelcontextprotocol/sdk and zod beside rewindfs.`,
  );
};

async function serve(context: Context, options: Options, scope: ImportScope): Promise<number> {
  const { talk } = context;
  const port = options.http === undefined ? undefined : portOf(options.http);
  if (port === undefined && options.tokenFile !== undefined)
    throw new UsageError("--token-file is for --http", "a client on stdin needs no token");
  const mcp = await loaded();
  requireFolder(context);
  using signals = processSignals();
  const { signal } = signals;
  const mounts = (options.dir ?? []).map(parseMount);
  if (mounts.length > 0) {
    askAboutSize(
      context,
      mounts.map(({ host }) => host),
      scope,
    );
    const { exclude } = scope;
    const how = { limits: profiles.default, durability: "process", keys: [], exclude } as const;
    const stopped = await bringIn(context, mounts, how, signal);
    if (stopped !== undefined) return stopped;
  }
  const about = { version: packageVersion(), labels: labelsFor(context, options.label ?? []) };
  if (port === undefined) await mcp.serveStdio(context.journal, about, signal);
  else {
    const token = tokenOf(options.tokenFile);
    await mcp.serveHttp({
      file: context.journal,
      about,
      port,
      token,
      signal,
      onListen(url) {
        talk.line(printable(`listening on ${url}`));
        if (options.tokenFile === undefined) talk.line(printable(`Authorization: Bearer ${token}`));
      },
    });
  }
  return exits.done;
}

/** Returns the labels of all runs: those that are given, and the session of the agent that started the server. */
function labelsFor({ env, talk }: Context, typed: readonly string[]): Record<string, string> {
  const session = sessionVariables.flatMap((name) => env[name] ?? []).find((id) => id !== "");
  const given = labelsOf(typed, env, (note) => talk.line(note));
  return {
    ...(session === undefined ? {} : { session: session.slice(0, 200).toWellFormed() }),
    ...Object.fromEntries(given ?? []),
  };
}

/** Variables in which agents tell the servers that they start of their session, the nearest agent's first. */
const sessionVariables = ["GROK_SESSION_ID", "CLAUDE_CODE_SESSION_ID"];

/** Loads the server. Its packages are not ours to bring along: few need them. */
async function loaded(): Promise<typeof import("../../../mcp/index.ts")> {
  try {
    return await import("../../../mcp/index.ts");
  } catch (error) {
    if ((error as { code?: unknown }).code !== "ERR_MODULE_NOT_FOUND") throw error;
    throw new UsageError(
      "mcp needs the packages @modelcontextprotocol/sdk and zod, which are not installed",
      "npm install @modelcontextprotocol/sdk zod, beside rewindfs: with -g where rewindfs came with -g",
    );
  }
}

function portOf(text: string): number {
  const port = /^\d{1,5}$/.test(text) ? Number(text) : 65_536;
  if (port > 65_535)
    throw new UsageError(`${text} is no port`, "for example --http 4000; 0 takes a free one");
  return port;
}

function tokenOf(file: string | undefined): string {
  if (file === undefined) return randomBytes(24).toString("base64url");
  const token = readFileSync(file, "utf8").trim();
  if (token.length < 16)
    throw new UsageError(
      `${file} has no secret of 16 characters or more`,
      "openssl rand -hex 24 makes one",
    );
  return token;
}
