import { createHash } from "node:crypto";
import {
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  renameSync,
  rmSync,
} from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import { filesOf, openPacking, openReader } from "../../../journal/index.ts";
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
  const { url, id } = placeIn(name);
  if (!reading.has(command))
    throw new UsageError(
      `${command} does not work on a journal that is in a depot`,
      `\`rewindfs pull ${id} FILE\` fetches it, for work on a copy`,
    );
  using progress = openProgress(context);
  const depot = await depotOf(context, { depot: url }, { progress });
  const folder = ownFolder(cacheFolder(context.env));
  const called = digestOf(`${depot.url} ${id}`);
  const { DepotError, pull } = await import("../../fleet/client/index.ts");
  try {
    const { head: seq, digest, generation } = await depot.head(id);
    const file = join(folder, `${called}-${generation}.db`);
    // An older generation may have bytes that were removed since.
    forget(folder, called, file);
    if (existsSync(file) && digestIn(file, seq) === digest) return file;
    const fresh = `${file}-${process.pid}`;
    for (const left of filesOf(fresh)) rmSync(left, { force: true });
    await pull(depot, id, fresh, (last, head) => progress.show(() => percent(last, head)));
    for (const left of filesOf(file)) rmSync(left, { force: true });
    renameSync(fresh, file);
    return file;
  } catch (error) {
    // A journal that was erased there is not kept here.
    if (error instanceof DepotError && error.code === "missing") forget(folder, called);
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

/** Removes the copies of a journal but for one. */
function forget(folder: string, called: string, except?: string): void {
  for (const name of readdirSync(folder)) {
    const file = join(folder, name);
    const isKept = except !== undefined && (file === except || file.startsWith(`${except}-`));
    if (name.startsWith(called) && !isKept) rmSync(file, { force: true });
  }
}

/** Reads the name of a journal in a depot: depot://HOST/ID. Throws UsageError. */
export function placeIn(name: string): { readonly url: string; readonly id: string } {
  const [, place, id] = /^depot:\/\/([^?#]+)\/([0-9a-f]{32})$/.exec(name) ?? [];
  if (place === undefined || id === undefined)
    throw new UsageError(
      `${name} names no journal of a depot`,
      "depot://HOST/ID, with the id of 32 hex digits",
    );
  const isHere = /^(?:localhost|127\.|\[::1\])/.test(place);
  return { url: `${isHere ? "http" : "https"}://${place}`, id };
}

/**
 * Returns the chain's digest of a copy at event `seq`, where it is up to there; undefined for another, or one that cannot
 * be read, which is fetched again. A copy has a run more where the depot redacted by itself.
 */
function digestIn(file: string, seq: number): string | undefined {
  try {
    const journal = openReader(file);
    try {
      const more = journal.head() - seq;
      const isOwn = more === 2 && journal.runs().at(-1)?.start.cause === "redact";
      return more === 0 || isOwn ? openPacking(journal).digestAt(seq) : undefined;
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
