import type { Pool } from "pg";
import { globMatcher } from "../../history/index.ts";
import {
  type FoundRun,
  type JournalEntry,
  type RunSearch,
  mostFound,
} from "../protocol/protocol.ts";
import { labelWord, tokenOf, touches, wordsIn } from "./touched.ts";
import { unpacked } from "./worker.ts";

interface RunRow {
  readonly journal: Buffer;
  readonly name: string;
  readonly run: number;
  readonly cause: string;
  readonly guest: string;
  readonly args: string[];
  readonly labels: Record<string, string>;
  readonly started: Date;
  readonly ended: Date | null;
  readonly exit: number | null;
  readonly reason: string | null;
  readonly first: number;
  readonly last: number;
  readonly refused: number;
  readonly is_whole: boolean;
}

/** Most paths of a run in an answer. */
const mostShown = 20;
/** Rows that are looked at together, and most in one search: a tenant's question does not keep the others waiting. */
const page = 500;
const mostLookedAt = 20_000;

/** Finds runs of a tenant, the newest first. Throws GlobError for a glob that stands for too much. */
export async function findRuns(
  pool: Pool,
  tenant: number,
  search: RunSearch,
): Promise<readonly FoundRun[]> {
  const values: unknown[] = [tenant];
  const value = (one: unknown) => `$${values.push(one)}`;
  const where = ["r.tenant = $1"];
  const wanted: Wanted[] = [];
  for (const [kind, glob] of [
    ["changed", search.path],
    ["refused", search.refused],
  ] as const) {
    if (glob === undefined) continue;
    const tokens = wordsIn(glob)?.map((word) => tokenOf(tenant, `${kind} ${word}`));
    if (tokens !== undefined)
      where.push(`(r.tokens && ${value(tokens)}::bigint[] OR NOT r.is_whole)`);
    if (kind === "refused") where.push("r.refused > 0");
    wanted.push({ bit: touches[kind], fits: globMatcher(glob) });
  }
  for (const [name, text] of Object.entries(search.labels ?? {}))
    where.push(`r.tokens @> ARRAY[${value(tokenOf(tenant, labelWord(name, text)))}::bigint]`);
  if (search.exit !== undefined) where.push(`r.exit = ${value(search.exit)}`);
  if (search.since !== undefined) where.push(`r.started >= ${value(search.since)}`);
  if (search.until !== undefined) where.push(`r.started < ${value(search.until)}`);
  if (search.journal !== undefined)
    where.push(`r.journal = ${value(Buffer.from(search.journal, "hex"))}`);
  const isGuest = search.guest === undefined ? () => true : globMatcher(search.guest);
  const limit = Math.min(search.limit ?? 100, mostFound);
  const found: FoundRun[] = [];
  for (let offset = 0; found.length < limit && offset < mostLookedAt; offset += page) {
    const { rows } = await pool.query<RunRow>(
      `SELECT ${columns}, j.name FROM run r JOIN journal j USING (tenant, journal)
      WHERE ${where.join(" AND ")} AND j.erased IS NULL
      ORDER BY r.started DESC, r.journal, r.run DESC LIMIT ${page} OFFSET ${offset}`,
      values,
    );
    for (const row of rows) {
      if (found.length >= limit) break;
      if (!isGuest(row.guest)) continue;
      const paths = wanted.length === 0 ? [] : await pathsOf(pool, tenant, row, wanted);
      if (paths !== undefined) found.push(runOf(row, paths));
    }
    if (rows.length < page) break;
  }
  return found;
}

/** A run's columns but for its paths and tokens, which are far more than the rest. */
const columns =
  "r.journal, r.run, r.cause, r.guest, r.args, r.labels, r.started, r.ended, r.exit, r.reason, r.first, r.last, r.refused, r.is_whole";

interface Wanted {
  readonly bit: (typeof touches)[keyof typeof touches];
  readonly fits: (path: string) => boolean;
}

/** Returns the paths of a run that the search asked for; undefined if one of its conditions holds for none. */
async function pathsOf(
  pool: Pool,
  tenant: number,
  { journal, run, is_whole: isWhole }: RunRow,
  wanted: readonly Wanted[],
): Promise<string[] | undefined> {
  const { rows } = await pool.query<{ paths: Buffer }>(
    "SELECT paths FROM run WHERE tenant = $1 AND journal = $2 AND run = $3",
    [tenant, journal, run],
  );
  const [row] = rows;
  // It was erased meanwhile.
  if (row === undefined) return undefined;
  const all = unpacked<[string, number][]>(row.paths);
  const found = new Set<string>();
  for (const { bit, fits } of wanted) {
    const fitting = all.filter(([path, touch]) => (touch & bit) !== 0 && fits(path));
    // Of a run with too many paths some are not kept: it is shown, without them.
    if (fitting.length === 0 && isWhole) return undefined;
    for (const [path] of fitting.slice(0, mostShown)) found.add(path);
  }
  return [...found].slice(0, mostShown);
}

function runOf(row: RunRow, paths: readonly string[]): FoundRun {
  const { name, run, cause, guest, args, labels, exit, first, last, refused } = row;
  return {
    journal: row.journal.toString("hex"),
    name,
    run,
    kind: cause,
    guest,
    args,
    labels,
    started: row.started.toISOString(),
    ended: row.ended?.toISOString() ?? null,
    exit,
    ...(row.reason === null ? {} : { reason: row.reason }),
    first,
    last,
    refused,
    ...(paths.length === 0 ? {} : { paths }),
  };
}

/** Lists the journals of a tenant, the last that was received first. */
export async function listJournals(pool: Pool, tenant: number): Promise<JournalEntry[]> {
  const { rows } = await pool.query<{
    journal: Buffer;
    name: string;
    head: number;
    bytes: number;
    received: Date;
  }>(
    `SELECT journal, name, head, bytes, received FROM journal
    WHERE tenant = $1 AND erased IS NULL ORDER BY received DESC, journal LIMIT ${mostFound}`,
    [tenant],
  );
  return rows.map(({ journal, name, head, bytes, received }) => ({
    journal: journal.toString("hex"),
    name,
    events: head,
    bytes,
    received: received.toISOString(),
  }));
}
