import { type KeyObject } from "node:crypto";
import pg from "pg";
import { jsonLog } from "./log.ts";
import { databaseObjects } from "./objects.ts";
import { Receiver } from "./receive.ts";
import { migrate } from "./schema.ts";
import { serveDepot } from "./server.ts";
import { Worker } from "./worker.ts";

export { type Scope, createToken, removeToken, scopes } from "./tokens.ts";

export interface DepotOptions {
  /** The database, as a URL: postgres://USER:PASSWORD@HOST/NAME. */
  readonly database: string;
  readonly host: string;
  /** 0 takes one that is free. */
  readonly port: number;
  /** Signs heads: an Ed25519 private key. */
  readonly key: KeyObject;
  readonly signal: AbortSignal;
  readonly onListen: (url: string) => void;
  /** Takes the log, a JSON object a line. */
  readonly writeLog: (line: string) => void;
}

/** Connects to a database, and brings its tables to this version. */
export async function openDatabase(
  database: string,
  onError: (error: Error) => void = () => {},
): Promise<pg.Pool> {
  const pool = new pg.Pool({ connectionString: database, max: 16, types: { getTypeParser } });
  // A connection that nobody uses at the moment may be lost with its server.
  pool.on("error", onError);
  await migrate(pool);
  return pool;
}

/** Runs a depot, with a worker of its own, until the signal aborts. */
export async function runDepot(options: DepotOptions): Promise<void> {
  const { database, host, port, key, signal, onListen, writeLog } = options;
  const log = jsonLog(writeLog);
  const pool = await openDatabase(database, (error) =>
    log("error", "a connection to the database was lost", { reason: error.message }),
  );
  try {
    const objects = databaseObjects(pool);
    const receiver = new Receiver(pool, objects, key);
    const worker = new Worker(pool, objects, log).run(signal);
    await serveDepot({ pool, objects, receiver, log, host, port, signal, onListen });
    await worker;
  } finally {
    await pool.end();
  }
}

/** Returns numbers for bigint, which all of the depot's are small enough for. */
const getTypeParser: typeof pg.types.getTypeParser = ((id: number, format?: "text" | "binary") =>
  id === pg.types.builtins.INT8 && format !== "binary"
    ? Number
    : pg.types.getTypeParser(id, format)) as typeof pg.types.getTypeParser;
