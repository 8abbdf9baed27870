import { createHash } from "node:crypto";
import { chmodSync, existsSync, lstatSync, mkdirSync, renameSync, rmSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import { filesOf, openReader } from "../../../journal/index.ts";
import type { Context } from "../command/context.ts";
import { UsageError } from "../command/failure.ts";
import { openProgress, percent } from "../command/progress.ts";
import { depotOf } from "./depot-options.ts";

/** Commands that read a journal, and may so be given one that is in a depot. */
const reading: ReadonlySet<string> = new Set([
  "bisect",
  "blame",
  "cat",
  "diff",
  "export",
  "findings",
  "fork",
  "grep",
  "log",
  "ls",
  "marks",
  "report",
  "runs",
  "show",
  "stat",
  "tree",
  "tui",
  "verify",
]);

/**
 * Fetches a journal of a depot, unless the copy in this user's cache is the same, and returns the copy's path. Throws
 * UsageError for a command that would change it.
 */
export async function localCopy(context: Context, command: string): Promise<string> {
  const { journal: name } = context;
  const [, place, id] = /^depot:\/\/([^?#]+)\/([0-9a-f]{32})$/.exec(name) ?? [];
  if (place === undefined || id === undefined)
    throw new UsageError(
      `${name} names no journal of a depot`,
      "depot://HOST/ID, with the id of 32 hex digits",
    );
  if (!reading.has(command))
    throw new UsageError(
      `${command} does not work on a journal that is in a depot`,
      `\`rewindfs pull ${id} FILE\` fetches it, for work on a copy`,
    );
  using progress = openProgress(context);
  const isHere = /^(?:localhost|127\.|\[::1\])/.test(place);
  const depot = await depotOf(
    context,
    { depot: `${isHere ? "http" : "https"}://${place}` },
    { progress },
  );
  const file = join(ownFolder(cacheFolder(context.env)), `${digestOf(`${depot.url} ${id}`)}.db`);
  const { DepotError, pull } = await import("../../fleet/client/index.ts");
  try {
    const { digest } = await depot.head(id);
    if (existsSync(file) && digestIn(file) === digest) return file;
    const fresh = `${file}-${process.pid}`;
    for (const left of filesOf(fresh)) rmSync(left, { force: true });
    await pull(depot, id, fresh, (last, head) => progress.show(() => percent(last, head)));
    for (const left of filesOf(file)) rmSync(left, { force: true });
    renameSync(fresh, file);
    return file;
  } catch (error) {
    // A journal that was erased there is not kept here.
    if (error instanceof DepotError && error.code === "missing")
      for (const left of filesOf(file)) rmSync(left, { force: true });
    throw error;
  }
}

function cacheFolder(env: NodeJS.ProcessEnv): string {
  const home = env["XDG_CACHE_HOME"];
  return join(
    home === undefined || home === "" ? join(homedir(), ".cache") : home,
    "rewindfs",
    "depot",
  );
}

/**
 * Makes a folder that nobody else can look into or change. Throws UsageError for one that is somebody else's: what lies
 * there would be taken for the depot's.
 */
function ownFolder(folder: string): string {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const status = lstatSync(folder);
  if (!status.isDirectory() || (process.getuid !== undefined && status.uid !== process.getuid()))
    throw new UsageError(
      `${folder} is no folder of this user`,
      "set XDG_CACHE_HOME to a folder of your own",
    );
  if ((status.mode & 0o077) !== 0) chmodSync(folder, 0o700);
  return folder;
}

/** Returns the chain's digest of a copy; undefined for one that cannot be read, which is fetched again. */
function digestIn(file: string): string | undefined {
  try {
    const journal = openReader(file);
    try {
      return journal.digest().digest;
    } finally {
      journal.close();
    }
  } catch {
    return undefined;
  }
}

function digestOf(text: string): string {
  return createHash("sha256").update(text).digest("hex").slice(0, 32);
}
