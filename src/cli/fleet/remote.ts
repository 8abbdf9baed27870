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
import {
  JournalError,
  type RowSource,
  StoreFault,
  filesOf,
  openPacking,
  openReader,
  requireWhole,
} from "../../../journal/index.ts";
import type {
  Depot,
  Fetching as FetchingOf,
  FetchingOptions,
  RemoteJournal,
} from "../../fleet/client/index.ts";
import { formatBytes, phrase, words } from "../../text/index.ts";
import type { Context } from "../command/context.ts";
import { UsageError, exits } from "../command/failure.ts";
import { type Progress, openProgress, percent } from "../command/progress.ts";
import { askingReach, depotOf, newKeyText, trustOf } from "./depot-options.ts";

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

/** Those that look at all of a journal, which is fetched as a whole first, with its progress told. */
const readingAll: ReadonlySet<string> = new Set(["bisect", "export", "fork", "report", "verify"]);

/**
 * Makes a journal of a depot readable: what a command asks for is fetched when it is asked for, or all of it before, if
 * the command looks at all (`all`). What was fetched stays in this user's cache. Throws UsageError for a command that
 * would change the journal.
 */
export async function withRemote(
  context: Context,
  command: string,
  all: boolean,
): Promise<Context> {
  const { journal: name } = context;
  const { url, id } = placeIn(name);
  if (!reading.has(command))
    throw new UsageError(
      `${command} does not work on a journal that is in a depot`,
      `\`rewindfs pull ${id} FILE\` fetches it, for work on a copy`,
    );
  using progress = openProgress(context);
  const depot = await depotOf(context, { depot: url }, { progress, reach: askingReach });
  const folder = ownFolder(cacheFolder(context.env));
  const cached = digestOf(`${depot.url} ${id}`);
  const { DepotError } = await import("../../fleet/client/index.ts");
  try {
    if (!all && !readingAll.has(command)) {
      const trust = trustOf(context.env, undefined);
      const remote = {
        url: depot.url,
        token: depot.token,
        journal: id,
        patience,
        reach: askingReach,
        trust,
      };
      const found = await fetched(context, remote, { folder, cached, command });
      if (found !== undefined) return found;
    }
    const { file, isKept } = await wholeCopy(depot, id, { folder, cached }, progress);
    const whole = { ...context, journal: file };
    if (!isKept) return whole;
    return {
      ...whole,
      async anew(failed) {
        if (failed !== exits.damaged && !isDamageHere(failed)) return undefined;
        dropKept(context, { folder, cached }, failed);
        const { file: journal } = await wholeCopy(depot, id, { folder, cached }, progress);
        return { ...context, journal };
      },
    };
  } catch (error) {
    // A journal that was erased there is not kept here.
    if (error instanceof DepotError && error.code === "missing") forget(folder, cached);
    throw error;
  }
}

/** Longest time in milliseconds that a command waits for a depot that is away while it reads. */
const patience = 20_000;

/** Opens a journal to be fetched as it is read; undefined if the depot has no view of it. */
async function fetched(
  context: Context,
  remote: RemoteJournal,
  { folder, cached, command }: { folder: string; cached: string; command: string },
): Promise<Context | undefined> {
  const { DepotError, Fetching, knownKey } = await import("../../fleet/client/index.ts");
  const { file: known } = remote.trust ?? {};
  const keyNow = () => (known === undefined ? undefined : knownKey(known, remote.url));
  const keyBefore = keyNow();
  const isTui = command === "tui";
  const progress = openProgress(context);
  const onTrip: FetchingOptions["onTrip"] = (when, { bytes }) => {
    // The debugger has the screen for itself.
    if (isTui) return;
    if (when === "after") progress[Symbol.dispose]();
    else progress.show(() => phrase`fetching; ${formatBytes(bytes)} so far`);
  };
  let fetching: FetchingOf;
  try {
    fetching = new Fetching(remote, isTui ? { every: lookEvery } : { onTrip });
  } catch (error) {
    if (!(error instanceof DepotError) || error.code !== "missing") throw error;
    if (error.message.includes("no view")) return undefined;
    throw error;
  }
  const key = keyNow();
  if (keyBefore === undefined && key !== undefined)
    for (const text of newKeyText(remote.url, key, true)) progress.talk(text);
  const { generation, head, received } = fetching.view;
  // The debugger shows what comes.
  if (received > head && !isTui)
    context.talk.line(
      phrase`This is as of event ${head}: the depot has ${received}, and makes the rest readable.`,
    );
  const file = join(folder, `${cached}-${generation}-parts.db`);
  // An older generation may have bytes that were removed since.
  forget(folder, cached, generation);
  const isKept = existsSync(file);
  const rowsOf = () => {
    try {
      // Nobody runs the debugger again for what shows in the middle of it.
      if (isTui && isKept) requireWhole(file);
      return fetching.rows(file);
    } catch (error) {
      if (!isKept || !isDamageHere(error)) throw error;
      dropKept(context, { folder, cached }, error);
      return fetching.rows(file);
    }
  };
  let first: RowSource | undefined = rowsOf();
  const open = () => {
    const rows = first ?? fetching.rows(file);
    first = undefined;
    return openReader(file, { rows });
  };
  const readable: Context = { ...context, journal: file, remote: { open, place: remote } };
  if (!isKept) return readable;
  return {
    ...readable,
    anew(failed) {
      if (!isDamageHere(failed)) return Promise.resolve(undefined);
      dropKept(context, { folder, cached }, failed);
      return Promise.resolve(readable);
    },
  };
}

/**
 * Drops what was kept of a journal and is damaged, and says so: all of it can be had again. Throws the failure where a
 * part of the answer was written before.
 */
function dropKept(
  { out, talk }: Context,
  { folder, cached }: { readonly folder: string; readonly cached: string },
  failed: unknown,
): void {
  forget(folder, cached);
  if (!out.takeBack())
    throw new JournalError(
      "damaged",
      "Cannot read on: what was kept here of the journal is damaged, and was removed.",
      { hint: "ask again: it is fetched anew", cause: failed },
    );
  talk.line(words("rewindfs: what was kept here of the journal is damaged, and is fetched anew"));
}

/**
 * Tells whether a failure lies in a file of the cache, after a loss of power or what else befell it. What the depot gives
 * is checked as it comes, and where that fails it is no damage here.
 */
function isDamageHere(error: unknown): boolean {
  if (!(error instanceof Error) || error.cause instanceof StoreFault) return false;
  if (error.cause instanceof Error && error.cause.name === "DepotError") return false;
  const code = "code" in error ? String(error.code) : "";
  return (
    error.name === "MisfitError" || /^(?:SQLITE_(?:NOTADB|CORRUPT)|damaged$|not-a-)/.test(code)
  );
}

/** Milliseconds between two looks of the debugger whether the journal has grown. */
const lookEvery = 2_000;

/**
 * Fetches a journal, unless the copy that is there is the same. Returns the copy's path, and whether it was there before.
 */
async function wholeCopy(
  depot: Depot,
  id: string,
  { folder, cached }: { folder: string; cached: string },
  progress: Progress,
): Promise<{ readonly file: string; readonly isKept: boolean }> {
  const { pull } = await import("../../fleet/client/index.ts");
  const { head: seq, digest, generation } = await depot.head(id);
  const file = join(folder, `${cached}-${generation}.db`);
  forget(folder, cached, generation);
  if (existsSync(file) && digestIn(file, seq) === digest) return { file, isKept: true };
  const fresh = `${file}-${process.pid}`;
  for (const left of filesOf(fresh)) rmSync(left, { force: true });
  await pull(depot, id, fresh, (last, head) =>
    progress.show(() => phrase`fetching all of it: ${percent(last, head)}`),
  );
  for (const left of filesOf(file)) rmSync(left, { force: true });
  renameSync(fresh, file);
  return { file, isKept: false };
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

/** Removes what is here of a journal, but for that of one generation. */
function forget(folder: string, cached: string, generation?: number): void {
  for (const name of readdirSync(folder)) {
    const isKept =
      generation !== undefined && new RegExp(`^${cached}-${generation}[-.]`).test(name);
    if (name.startsWith(cached) && !isKept) rmSync(join(folder, name), { force: true });
  }
}

/** Reads the name of a journal in a depot: depot://HOST/ID. Throws UsageError. */
export function placeIn(name: string): { readonly url: string; readonly id: string } {
  const [, place, id] = /^depot:\/\/([^?#]+)\/([0-9a-f]{32})$/.exec(name) ?? [];
  if (place === undefined || id === undefined)
    throw new UsageError(
      `${name} names no journal of a depot`,
      "depot://HOST/ID, with the id of 32 hex digits; `rewindfs find --journals` lists them",
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
