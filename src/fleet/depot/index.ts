import { type KeyObject } from "node:crypto";
import { userInfo } from "node:os";
import pg from "pg";
import { type LogEntry, logTo } from "./requests/log.ts";
import type { S3Times } from "./objects/s3.ts";
import { type Objects, databaseObjects, objectsIn } from "./objects/objects.ts";
import { PackThread } from "./pack-threads.ts";
import { Receiver } from "./receive.ts";
import { migrate } from "./database/schema.ts";
import { serveDepot } from "./server.ts";
import { ViewMaker } from "./views.ts";
import type { Rests } from "./work-until.ts";
import { Worker } from "./worker.ts";

export { sweepObjects } from "./objects/garbage.ts";
export { type Hold, hold, listHolds, release } from "./removing/holds.ts";
export {
  type Going,
  type Retention,
  goingOf,
  listRetention,
  mostGoing,
  setRetention,
} from "./removing/retention.ts";
export { type Scope, createToken, removeToken, scopes, tenantOf } from "./database/tokens.ts";
export { reassign } from "./database/senders.ts";
export type { Pool } from "pg";
export { transaction } from "./database/transaction.ts";

export interface DepotOptions {
  /** The database, as a URL: postgres://USER:PASSWORD@HOST/NAME. */
  readonly database: string;
  /** The store for packs: s3://BUCKET or s3://BUCKET/PREFIX. Without one they are in the database. */
  readonly store?: string | undefined;
  /** Names the store's region, keys and address. */
  readonly env?: NodeJS.ProcessEnv;
  /** Times of calls of the store that are not as usual. */
  readonly storeTimes?: Partial<S3Times>;
  /** Times that its workers rest, where these are not as usual. */
  readonly rests?: Partial<Rests>;
  /** Processor time in milliseconds that a search has for comparing paths. Usually 10,000. */
  readonly searchTime?: number;
  readonly host: string;
  /** 0 takes one that is free. */
  readonly port: number;
  /** Signs heads: an Ed25519 private key. */
  readonly key: KeyObject;
  readonly signal: AbortSignal;
  readonly onListen: (url: string) => void;
  /** Takes the log; facts in it may be of whoever sends to the depot. */
  readonly writeLog: (entry: LogEntry) => void;
}

/**
 * Bounds in the database what a depot holds there: one that stands still in a transaction, as on a machine that is
 * suspended, would keep a journal locked, and a question that the planner takes for a small one a connection.
 */
const limits = `SET statement_timeout = '5min'; SET idle_in_transaction_session_timeout = '1min'`;

/** Connects to a database, and brings its tables to this version. */
export async function openDatabase(
  database: string,
  onError: (error: Error) => void = () => {},
): Promise<pg.Pool> {
  // As PostgreSQL's own programs have it, also where nothing sets USER (services, containers).
  pg.defaults.user ||= userName();
  const pool = new pg.Pool({
    connectionString: database,
    max: 16,
    types: { getTypeParser },
    // Not among the words that begin a connection: some that stand before a database refuse what they do not know.
    onConnect: async (client) => void (await client.query(limits)),
  });
  // A connection that nobody uses at the moment may be lost with its server.
  pool.on("error", onError);
  try {
    await migrate(pool);
  } catch (error) {
    await pool.end();
    throw error;
  }
  return pool;
}

function userName(): string | undefined {
  try {
    return userInfo().username;
  } catch {
    return undefined; // A number without a name.
  }
}

/** Runs a depot, with a worker of its own, until the signal aborts. */
export async function runDepot(options: DepotOptions): Promise<void> {
  const { database, store, env = {}, storeTimes, writeLog, ...served } = options;
  const { key, signal, rests = {} } = options;
  const log = logTo(writeLog);
  const pool = await openDatabase(database, (error) =>
    log("error", "a connection to the database was lost", { reason: error.message }),
  );
  // To index a run or to make a view takes long, and who sends a pack is not to wait for it.
  const [checking, indexing, cutting] = [new PackThread(), new PackThread(), new PackThread()];
  const failed = new AbortController();
  const ended = AbortSignal.any([signal, failed.signal]);
  let work: Promise<void>[] = [];
  try {
    const objects = await openObjects(pool, store, env, storeTimes);
    const receiver = new Receiver(pool, objects, key, checking);
    work = [
      new Worker(pool, objects, indexing, log).run(ended, rests),
      new ViewMaker(pool, objects, cutting, log).run(ended, rests),
    ];
    ended.addEventListener("abort", () => void Promise.all([indexing.stop(), cutting.stop()]), {
      once: true,
    });
    await serveDepot({ ...served, pool, objects, receiver, log, signal: ended });
    await Promise.all(work);
  } finally {
    // A depot that cannot listen ends, and its workers with it.
    failed.abort();
    await Promise.allSettled(work);
    await Promise.all([checking.stop(), indexing.stop(), cutting.stop()]);
    await pool.end();
  }
}

/** Throws TypeError, or what an import throws, where a store of packs cannot be opened. */
export async function checkStore(store: string | undefined, env: NodeJS.ProcessEnv): Promise<void> {
  if (store !== undefined) (await import("./objects/s3.ts")).s3OptionsIn(store, env);
}

/** Opens the store of packs. Throws TypeError for a store that is none. */
export async function openObjects(
  pool: pg.Pool,
  store: string | undefined,
  env: NodeJS.ProcessEnv,
  times: Partial<S3Times> = {},
): Promise<Objects> {
  const database = databaseObjects(pool);
  if (store === undefined) return objectsIn(database, undefined);
  // Loaded on demand: its package is needed by nobody else.
  const { s3Objects, s3OptionsIn } = await import("./objects/s3.ts");
  return objectsIn(database, s3Objects(s3OptionsIn(store, env), times));
}

/** Returns numbers for bigint, which all of the depot's are small enough for. */
const getTypeParser: typeof pg.types.getTypeParser = ((id: number, format?: "text" | "binary") =>
  id === pg.types.builtins.INT8 && format !== "binary"
    ? Number
    : pg.types.getTypeParser(id, format)) as typeof pg.types.getTypeParser;
