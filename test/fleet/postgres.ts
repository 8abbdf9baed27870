import { execFileSync } from "node:child_process";
import {
  chownSync,
  existsSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  renameSync,
  rmSync,
} from "node:fs";
import { createServer, type AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { newCluster, sharedCluster } from "../support/build.ts";

/** A PostgreSQL server of a test's own, in a temporary folder and on loopback alone. */
export interface Postgres {
  readonly url: string;
  /** Returns the number of its first process. */
  pid(): number;
  /** Stops it as a loss of power would: nothing is written any more. */
  crash(): void;
  start(): void;
  stop(): void;
}

const programs = "/usr/lib/postgresql";

/** Returns the folder with PostgreSQL's programs; undefined, said aloud, where there are none. */
export function postgresFolder(): string | undefined {
  try {
    const [version] = readdirSync(programs).toSorted((a, b) => Number(b) - Number(a));
    if (version !== undefined) return join(programs, version, "bin");
  } catch {
    // There is no such folder.
  }
  const lacking = "PostgreSQL is not installed (postgresql-15 of Debian)";
  process.stderr.write(`${lacking}: the depot is not tested.\n`);
  return undefined;
}

/** Has a server leave to the system when it writes to the disk: with its processes alone nothing is lost. */
export const unsynced = { options: "-c fsync=off" };

let shared: Promise<Postgres> | undefined;

/** Starts the server that the tests of this worker share, if it does not run yet. It ends with the run of all tests. */
export function sharedPostgres(bin: string): Promise<Postgres> {
  const prefix = `${sharedCluster(process.ppid)}-`;
  return (shared ??= startPostgres(bin, { prefix, ...unsynced }));
}

/** Makes a cluster and starts it. */
export async function startPostgres(
  bin: string,
  { prefix = join(tmpdir(), "rewindfs-postgres-"), options: more = "" } = {},
): Promise<Postgres> {
  const folder = mkdtempSync(prefix);
  const port = await freePort();
  // PostgreSQL refuses to run as root.
  const isRoot = process.getuid?.() === 0;
  if (isRoot) chownSync(folder, idOf("-u"), idOf("-g"));
  const run = (program: string, ...args: string[]) => {
    const command = [program === "cp" ? program : join(bin, program), ...args];
    const [first = "", ...rest] = isRoot
      ? ["setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups", ...command]
      : command;
    execFileSync(first, rest, { stdio: ["ignore", "ignore", "pipe"], cwd: folder });
  };
  const data = join(folder, "data");
  const options = `-p ${port} -c listen_addresses=127.0.0.1 -c unix_socket_directories=${folder} ${more}`;
  const start = () =>
    run("pg_ctl", "-D", data, "-o", options, "-l", join(folder, "log"), "-w", "start");
  // The new cluster is made once for each of the test's runs, and copied.
  const made = newCluster(process.ppid);
  if (existsSync(made)) run("cp", "-a", made, data);
  else {
    run("initdb", "-D", data, "-A", "trust", "-U", "postgres", "-E", "UTF8", "--no-sync");
    const own = join(folder, "copy");
    run("cp", "-a", data, own);
    try {
      renameSync(own, made);
    } catch {
      // Another worker was faster.
    }
  }
  start();
  return {
    url: `postgres://postgres@127.0.0.1:${port}/postgres`,
    pid: () => Number.parseInt(readFileSync(join(data, "postmaster.pid"), "utf8"), 10),
    crash: () => run("pg_ctl", "-D", data, "-m", "immediate", "-w", "stop"),
    start,
    stop() {
      run("pg_ctl", "-D", data, "-m", "immediate", "-w", "stop");
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

function idOf(flag: "-u" | "-g"): number {
  return Number(execFileSync("id", [flag, "postgres"], { encoding: "utf8" }));
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}
