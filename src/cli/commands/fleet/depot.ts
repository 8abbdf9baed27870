import { derOf, fingerprintOf, signingKey } from "../../../../journal/index.ts";
import { processSignals } from "../../../run/index.ts";
import { line, printable } from "../../../text/index.ts";
import { type CommonOptions, type Define, examples } from "../../command/command.ts";
import type { Context } from "../../command/context.ts";
import { UsageError, exits } from "../../command/failure.ts";
import { keyText } from "../../command/key-file.ts";
import { databaseOf, withTroubles } from "../../fleet/database.ts";
import { depotOf } from "../../fleet/depot-options.ts";
import { tellKey, trust } from "../../fleet/keys.ts";
import { parseLabel } from "../../run/labels.ts";
import type { Pool } from "../../../fleet/depot/index.ts";
import { requireId } from "./pull.ts";

interface Options extends CommonOptions {
  readonly database?: string;
  readonly listen: string;
  readonly key?: string;
  readonly tenant: string;
  readonly scope: string;
  readonly depot?: string;
  readonly depotKey?: string;
  readonly tokenFile?: string;
  readonly store?: string;
  readonly name?: string;
  readonly reason?: string;
  readonly label?: string;
  readonly maxAge?: string;
  readonly maxSize?: string;
  readonly dryRun?: true;
  readonly json?: true;
}

export const define: Define = (command, act) =>
  examples(
    command
      .argument(
        "[what]",
        "serve (unless given), key, trust, grant, revoke, reassign, erase, hold, release, holds, retain or sweep",
      )
      .argument("[name]", "of the token, the id of the journal, or the fingerprint of the key")
      .option("--database <url>", "PostgreSQL (default: $REWINDFS_DATABASE)")
      .option("--listen <host:port>", "where to serve", "127.0.0.1:7460")
      .option(
        "--key <key.pem>",
        "an Ed25519 private key, which signs what was received; for key: the one to tell of",
      )
      .option(
        "--store <url>",
        "keep packs in S3: s3://BUCKET or s3://BUCKET/PREFIX (default: $REWINDFS_STORE); region, keys and address are those of AWS's own programs",
      )
      .option("--tenant <name>", "whose journals are meant", "default")
      .option("--scope <list>", "what a token allows: append, read, erase", "append,read")
      .option(
        "--depot <url>",
        "for erase, key and trust: the depot's address (default: $REWINDFS_DEPOT)",
      )
      .option(
        "--depot-key <fingerprint>",
        "for erase: the only key to trust (default: $REWINDFS_DEPOT_KEY)",
      )
      .option("--token-file <file>", "for erase: a token with that scope")
      .option(
        "--name <name>",
        'of a hold, which keeps a journal from being erased (default: "hold"); for reassign: of the token that sends the journal from now on',
      )
      .option("--reason <text>", "for a hold: why", "")
      .option("--label <name=text>", "for retain: journals that have a run with it")
      .option(
        "--max-age <time>",
        "for retain: journals go that received nothing for so long, such as 90d",
      )
      .option(
        "--max-size <size>",
        "for retain: the longest quiet ones go until the rest is no larger",
      )
      .option(
        "-n, --dry-run",
        "for retain: list the journals that would go, with the rule that is given",
      )
      .option("--json", "for retain and holds: print JSON lines")
      .action((what: string | undefined, name: string | undefined, options: Options) =>
        act(options, (context) => depot(context, what ?? "serve", name, options)),
      ),
    [
      ["createdb depot && export REWINDFS_DATABASE=postgres:///depot", "once"],
      ["openssl genpkey -algorithm ed25519 -out depot.pem", "once"],
      ["rewindfs depot --key depot.pem", "receive journals, until stopped"],
      [
        "rewindfs depot key --key depot.pem",
        "print the fingerprint that those who use it should see",
      ],
      ["rewindfs depot grant laptop --scope append", "print a token for a machine that sends"],
      ["rewindfs depot --key depot.pem --store s3://packs", "keep packs in an object store"],
      ["rewindfs depot reassign 4f1c… --name laptop-2", "a journal goes on on another machine"],
      ["rewindfs depot erase 4f1c…", "remove a journal for good"],
      ["rewindfs depot hold 4f1c… --name case-7", "keep it, whoever wants to erase it"],
      ["rewindfs depot retain --max-age 90d", "let journals go that are quiet for so long"],
    ],
  ).addHelpText(
    "after",
    "\nIt needs the package pg beside rewindfs. docs/fleet.md says how it is run.",
  );

async function depot(
  context: Context,
  what: string,
  name: string | undefined,
  options: Options,
): Promise<number> {
  switch (what) {
    case "serve":
      return await serve(context, options);
    case "key":
      return await tellKey(context, options);
    case "trust":
      return await trust(
        context,
        required(name, "a key's fingerprint: rewindfs depot trust FINGERPRINT"),
        options,
      );
    case "grant":
      return await grant(
        context,
        required(name, "a token's name: rewindfs depot grant NAME"),
        options,
      );
    case "revoke":
      return await revoke(
        context,
        required(name, "a token's name: rewindfs depot revoke NAME"),
        options,
      );
    case "erase": {
      const id = required(name, "a journal's id: rewindfs depot erase ID");
      requireId(id);
      await (await depotOf(context, options, {})).erase(id);
      context.talk.line(line`erased ${printable(id)}`);
      return exits.done;
    }
    case "reassign":
    case "hold":
    case "release":
    case "holds":
    case "retain":
    case "sweep": {
      if (options.label !== undefined) parseLabel(options.label, "--label");
      const depot = await loaded();
      const { administer } = await import("../../fleet/administer.ts");
      return await withDatabase(context, options, depot, (pool) =>
        administer({ context, depot, pool }, what, name, {
          ...options,
          store: storeOf(context, options),
        }),
      );
    }
    default:
      throw new UsageError(
        `depot ${what} is not known`,
        "serve, key, trust, grant, revoke, reassign, erase, hold, release, holds, retain or sweep",
      );
  }
}

async function serve(context: Context, options: Options): Promise<number> {
  const { listen, key } = options;
  if (key === undefined)
    throw new UsageError(
      "a depot signs what it receives, and has no key",
      "give --key FILE; openssl genpkey -algorithm ed25519 -out depot.pem makes one",
    );
  const [, host = "", port = ""] = /^(?:\[?([^\]]+)\]?:)(\d{1,5})$/.exec(listen) ?? [];
  if (host === "" || Number(port) > 65_535)
    throw new UsageError(`${listen} is no place to listen`, "for example --listen 127.0.0.1:7460");
  const secret = signingKey(keyText("--key", key), key);
  const { checkStore, runDepot } = await loaded();
  await storeChecked(() => checkStore(storeOf(context, options), context.env));
  using signals = processSignals();
  const database = databaseOf(context, options);
  await withTroubles(database, () =>
    runDepot({
      database,
      store: storeOf(context, options),
      env: context.env,
      host,
      port: Number(port),
      key: secret,
      signal: signals.signal,
      onListen: (url) => {
        context.talk.line(printable(`listening on ${url}`));
        context.talk.line(printable(`the key is ${fingerprintOf(derOf(secret))}`));
      },
      writeLog: (entry) => context.talk.json(entry),
    }),
  );
  return exits.done;
}

async function grant(context: Context, name: string, options: Options): Promise<number> {
  const depot = await loaded();
  const { createToken, scopes } = depot;
  if (name === "")
    throw new UsageError(
      "a token lacks a name",
      "it is the name of the machine that sends with it",
    );
  const given = options.scope.split(",").map((one) => one.trim());
  const known = scopes.filter((scope) => given.includes(scope));
  if (known.length !== given.length)
    throw new UsageError(`--scope ${options.scope}: there are ${scopes.join(", ")}`);
  const token = await withDatabase(context, options, depot, (pool) =>
    createToken(pool, { tenant: options.tenant, name, scopes: known }),
  );
  context.talk.line(
    line`${printable(name)} of ${printable(options.tenant)}: ${printable(known.join(", "))}; the token is not shown again`,
  );
  context.out.line(printable(token));
  return exits.done;
}

async function revoke(context: Context, name: string, options: Options): Promise<number> {
  const depot = await loaded();
  const wasThere = await withDatabase(context, options, depot, (pool) =>
    depot.removeToken(pool, options.tenant, name),
  );
  const said = wasThere ? printable("is not valid any more") : printable("there is no such token");
  context.talk.line(line`${printable(name)} of ${printable(options.tenant)}: ${said}`);
  return wasThere ? exits.done : exits.no;
}

/** Opens the database, and closes it when `act` has ended. */
async function withDatabase<T>(
  context: Context,
  options: Options,
  { openDatabase }: typeof import("../../../fleet/depot/index.ts"),
  act: (pool: Pool) => Promise<T>,
): Promise<T> {
  const database = databaseOf(context, options);
  return await withTroubles(database, async () => {
    const pool = await openDatabase(database);
    try {
      return await act(pool);
    } finally {
      await pool.end();
    }
  });
}

function storeOf({ env }: Context, { store }: Options): string | undefined {
  return store ?? (env["REWINDFS_STORE"] || undefined);
}

function required(name: string | undefined, what: string): string {
  if (name === undefined) throw new UsageError(`depot lacks ${what}`);
  return name;
}

/** Throws UsageError for a store that cannot be opened. */
async function storeChecked(check: () => Promise<void>): Promise<void> {
  try {
    await check();
  } catch (error) {
    if ((error as { code?: unknown }).code === "ERR_MODULE_NOT_FOUND")
      throw new UsageError(
        "an object store needs the package aws4fetch, which is not installed",
        "npm install aws4fetch, beside rewindfs: with -g where rewindfs came with -g",
      );
    if (!(error instanceof TypeError)) throw error;
    throw new UsageError(
      `--store: ${error.message}`,
      "the keys are in AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, another store's address in AWS_ENDPOINT_URL",
    );
  }
}

/** Loads the depot, with the package `pg`, which is not installed along: few need it. */
async function loaded(): Promise<typeof import("../../../fleet/depot/index.ts")> {
  try {
    return await import("../../../fleet/depot/index.ts");
  } catch (error) {
    if ((error as { code?: unknown }).code !== "ERR_MODULE_NOT_FOUND") throw error;
    throw new UsageError(
      "a depot needs the package pg, which is not installed",
      "npm install pg, beside rewindfs: with -g where rewindfs came with -g",
    );
  }
}
