import { type ChildProcess, spawn } from "node:child_process";
import { type KeyObject, generateKeyPairSync } from "node:crypto";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import type pg from "pg";
import { derOf, fingerprintOf, openReader } from "../../journal/index.ts";
import { Depot } from "../../src/fleet/client/index.ts";
import {
  type DepotOptions,
  type Scope,
  createToken,
  openDatabase,
  runDepot,
} from "../../src/fleet/depot/index.ts";
import { openFileSystem } from "../../src/index.ts";
import { type Result, compiled, rewindfsMeanwhile, start } from "../support/screen/command.ts";
import { newDatabase } from "./database.ts";

/** A depot in a process of its own, which can be killed. */
export interface DepotProcess {
  readonly url: string;
  readonly pid: number;
  /** The lines of its log so far. */
  readonly log: readonly string[];
  /** Ends it, and returns when it has ended. */
  kill(signal: NodeJS.Signals): Promise<void>;
}

/** A database, and depots on it. */
export interface Fleet {
  /** Its address. */
  readonly database: string;
  readonly pool: pg.Pool;
  /** The fingerprint of its depots' key, and the key. */
  readonly key: string;
  readonly privateKey: KeyObject;
  /** A folder for files of the test. */
  readonly folder: string;
  /** Starts a depot; `port` 0 takes one that is free. */
  depot(options?: DepotWith): Promise<DepotProcess>;
  /** Starts a depot in this process, which ends with the fleet. */
  depotHere(options?: Partial<DepotOptions>): Promise<DepotHere>;
  token(tenant: string, ...scopes: Scope[]): Promise<string>;
  /** Runs a command that is over when it has answered. */
  cli(folder: string, args: readonly string[], env?: NodeJS.ProcessEnv): Promise<Result>;
  /** Waits until what was received is indexed. */
  indexed(): Promise<void>;
  /** The same where a depot failed at it, or was killed: another one need not wait until its lease is over. */
  indexedAfterFailure(): Promise<void>;
  stop(): Promise<void>;
}

/** A depot in this process. */
export interface DepotHere {
  readonly url: string;
  /** The lines of its log so far. */
  readonly log: readonly string[];
  stop(): Promise<void>;
}

export interface DepotWith {
  readonly port?: number;
  readonly args?: readonly string[];
  readonly env?: NodeJS.ProcessEnv;
}

/** Starts a fleet, on a database of its own on a server that it shares unless it is given another one. */
export async function startFleet(bin: string, given?: { readonly url: string }): Promise<Fleet> {
  const own = given === undefined ? await newDatabase(bin) : undefined;
  const { url: database } = given ?? own ?? { url: "" };
  const pool = await openDatabase(database);
  const folder = mkdtempSync(join(tmpdir(), "rewindfs-fleet-"));
  const key = join(folder, "depot.pem");
  const { privateKey } = generateKeyPairSync("ed25519");
  writeFileSync(key, privateKey.export({ type: "pkcs8", format: "pem" }));
  const started: DepotProcess[] = [];
  const here: DepotHere[] = [];
  let granted = 0;
  return {
    database,
    pool,
    key: fingerprintOf(derOf(privateKey)),
    privateKey,
    folder,
    async depot({ port = 0, args = [], env = {} } = {}) {
      const all = ["depot", "--key", key, "--listen", `127.0.0.1:${port}`, ...args];
      const one = await startDepot(all, { REWINDFS_DATABASE: database, ...env });
      started.push(one);
      return one;
    },
    async depotHere(options = {}) {
      const one = await startHere({ database, key: privateKey, ...options });
      here.push(one);
      return one;
    },
    token: (tenant, ...scopes) => createToken(pool, { tenant, name: `token ${granted++}`, scopes }),
    // The keys of depots are known in that folder alone, as others had the same address.
    cli: (where, args, env) =>
      rewindfsMeanwhile(where, args, { XDG_STATE_HOME: join(where, "state"), ...env }),
    async indexed() {
      await until(async () => {
        const { rows } = await pool.query(
          "SELECT FROM journal WHERE indexed < head AND erased IS NULL",
        );
        return rows.length === 0;
      });
    },
    async indexedAfterFailure() {
      await until(async () => {
        const { rowCount } = await pool.query(
          "UPDATE journal SET lease = NULL WHERE indexed < head AND erased IS NULL",
        );
        return rowCount === 0;
      });
    },
    async stop() {
      for (const one of started) await one.kill("SIGKILL");
      for (const one of here) await one.stop();
      await pool.end();
      await own?.drop();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/**
 * Runs rewindfs in a folder, and returns when it has ended: what it talks to may be of this process. The keys of depots
 * are known in that folder alone, as others had the same address.
 */
export async function runAside(
  folder: string,
  args: readonly string[],
  env: NodeJS.ProcessEnv = {},
): Promise<Result> {
  const [program, main] = start;
  const child = spawn(program, [main, ...args], {
    cwd: folder,
    env: { PATH: process.env["PATH"], HOME: folder, TZ: "UTC", ...compiled, ...env },
    stdio: ["ignore", "pipe", "pipe"],
  });
  const [stdout, stderr, [exit]] = await Promise.all([
    text(child.stdout),
    text(child.stderr),
    once(child, "close") as Promise<[number | null]>,
  ]);
  return { stdout, stderr, exit };
}

async function startDepot(args: readonly string[], env: NodeJS.ProcessEnv): Promise<DepotProcess> {
  const [program, main] = start;
  const child: ChildProcess = spawn(program, [main, ...args], {
    env: { PATH: process.env["PATH"], HOME: tmpdir(), ...compiled, ...env },
    stdio: ["ignore", "ignore", "pipe"],
  });
  const closed = once(child, "close");
  const log: string[] = [];
  let rest = "";
  const url = await new Promise<string>((resolve, reject) => {
    child.stderr?.on("data", (bytes: Buffer) => {
      const lines = (rest + bytes.toString()).split("\n");
      rest = lines.pop() ?? "";
      for (const line of lines) {
        log.push(line);
        const [, address] = /^listening on (\S+)$/.exec(line) ?? [];
        if (address !== undefined) resolve(address);
      }
    });
    child.once("close", () => reject(new Error(`the depot ended: ${log.join("\n")}`)));
  });
  return {
    url,
    pid: child.pid ?? 0,
    log,
    async kill(signal) {
      child.kill(signal);
      await closed;
    },
  };
}

async function startHere(
  options: Pick<DepotOptions, "database" | "key"> & Partial<DepotOptions>,
): Promise<DepotHere> {
  const stopping = new AbortController();
  const log: string[] = [];
  let stopped = Promise.resolve();
  const url = await new Promise<string>((resolve, reject) => {
    stopped = runDepot({
      host: "127.0.0.1",
      port: 0,
      rests: { idle: 20, longest: 500 },
      signal: stopping.signal,
      writeLog: (entry) => void log.push(JSON.stringify(entry)),
      onListen: resolve,
      ...options,
    });
    stopped.catch(reject);
  });
  return {
    url,
    log,
    async stop() {
      stopping.abort();
      await stopped;
    },
  };
}

/** Returns a client that tries again: an idle connection may be closed just when it is used. */
export function clientOf(url: string, token: string, patience = 20_000): Depot {
  return new Depot(url, { token, patience });
}

/** Waits until a condition holds. */
export async function until(holds: () => Promise<boolean> | boolean): Promise<void> {
  // Whoever is waited for may stand behind all others: it is asked less and less often.
  for (let rest = 20; !(await holds()); rest = Math.min(200, rest * 1.1))
    await new Promise((resolve) => setTimeout(resolve, rest));
}

export function eventsIn(file: string): number {
  const journal = openReader(file);
  try {
    return journal.head();
  } finally {
    journal.close();
  }
}

/** Returns what a call is refused with; fails if it is not. */
export async function refusalOf(call: () => Promise<unknown>): Promise<string> {
  try {
    await call();
  } catch (error) {
    return String(error);
  }
  throw new TypeError("the call was not refused");
}

/** Records a run that writes some files, and a secret into one. */
export function record(
  file: string,
  { labels = {}, secret = "secret", files: count = 1 }: Recording = {},
): void {
  const files = openFileSystem(file);
  try {
    files.run(
      "job",
      () => {
        if (!files.exists("/etc")) files.mkdir("/etc");
        files.writeFile("/etc/key.pem", Buffer.from(`${secret} of ${files.journal.head()}`));
        for (let at = 0; at < count; at++)
          files.writeFile(`/etc/${at}`, Buffer.from(`${files.journal.head()}`));
      },
      { labels },
    );
  } finally {
    files.close();
  }
}

export interface Recording {
  readonly labels?: Readonly<Record<string, string>>;
  readonly secret?: string;
  readonly files?: number;
}
