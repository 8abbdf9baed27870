import { setImmediate } from "node:timers/promises";
import type { Pool } from "pg";
import { globMatcher } from "../../../history/index.ts";
import {
  type FoundRun,
  type FoundRuns,
  type RunSearch,
  mostFound,
} from "../../protocol/protocol.ts";
import { RefusedError } from "../requests/refused.ts";
import { keptOf, numbersWith, runsWith } from "./digests.ts";
import {
  isPlace,
  labelWord,
  lastLiteral,
  sharedTokens,
  tokenOf,
  touches,
  wordsIn,
} from "./touched.ts";
import { unpacked } from "./packed.ts";

interface RunRow {
  readonly journal: Buffer;
  readonly name: string;
  readonly sender: string;
  readonly run: number;
  readonly cause: string;
  readonly guest: string;
  readonly args: string[];
  readonly labels: Record<string, string>;
  readonly started: Date;
  /** `started` in UTC, to the microsecond. */
  readonly place: string;
  readonly ended: Date | null;
  readonly exit: number | null;
  readonly reason: string | null;
  readonly first: number;
  readonly last: number;
  readonly refused: number;
  readonly is_whole: boolean;
  /** The size of its paths as they are stored. */
  readonly bytes: number;
}

/** Most paths of a run in an answer. */
const mostShown = 20;
/** Most rows that are looked at together, and in one search: a tenant's question does not keep the others waiting. */
const mostTogether = 500;
const mostLookedAt = 20_000;
/** Most bytes of paths that are fetched together, unless those of one run are more. */
const pathsTogether = 1024 * 1024;

/**
 * Finds runs of a tenant, the newest first, and says where to go on if there may be more. Throws GlobError for a glob
 * that stands for too much.
 */
export async function findRuns(
  pool: Pool,
  tenant: number,
  search: RunSearch,
  mostEffort = usualEffort,
): Promise<FoundRuns> {
  const values: unknown[] = [tenant];
  const value = (one: unknown) => `$${values.push(one)}`;
  const where = ["r.tenant = $1"];
  const wanted: Wanted[] = [];
  for (const [kind, glob] of [
    ["changed", search.path],
    ["refused", search.refused],
  ] as const) {
    if (glob === undefined) continue;
    const words = wordsIn(glob);
    if (words !== undefined)
      where.push(`(${hasWord(tenant, kind, words, value)} OR NOT r.is_whole)`);
    if (kind === "refused") where.push("r.refused > 0");
    wanted.push({ bit: touches[kind], fits: globMatcher(glob), kind, words });
  }
  const { digest } = search;
  if (digest !== undefined)
    where.push(`(r.journal, r.run) IN (${runsWith(value(keptOf(digest)))})`);
  const labels = Object.entries(search.labels ?? {});
  for (const [name, text] of labels)
    where.push(`r.tokens @> ARRAY[${value(tokenOf(tenant, labelWord(name, text)))}::int]`);
  if (search.exit !== undefined) where.push(`r.exit = ${value(search.exit)}`);
  if (search.since !== undefined) where.push(`r.started >= ${value(search.since)}`);
  if (search.until !== undefined) where.push(`r.started < ${value(search.until)}`);
  if (search.journal !== undefined)
    where.push(`r.journal = ${value(Buffer.from(search.journal, "hex"))}`);
  const isLabelled = (row: RunRow) =>
    labels.every(([name, text]) => Object.hasOwn(row.labels, name) && row.labels[name] === text);
  const isGuest = search.guest === undefined ? () => true : globMatcher(search.guest);
  const guestName = search.guest === undefined ? undefined : lastLiteral(search.guest);
  if (guestName !== undefined) where.push(`position(${value(guestName)} IN r.guest) > 0`);
  const limit = Math.min(search.limit ?? 100, mostFound);
  const found: FoundRun[] = [];
  const effort = new Effort(mostEffort);
  let after = search.after === undefined ? undefined : placeIn(search.after);
  // One more tells whether there are more.
  let count = Math.min(limit + 1, mostTogether);
  for (let seen = 0; found.length < limit && seen < mostLookedAt; seen += count) {
    const rows: RunRow[] = await nextRows(pool, { where, values, after, count });
    const some = rows.filter((row) => isGuest(row.guest) && isLabelled(row));
    for await (const [row, paths] of withPaths(pool, tenant, some, { wanted, digest, effort })) {
      found.push(runOf(row, paths));
      if (found.length >= limit) {
        const isLast = rows.length < count && row === rows.at(-1);
        return { runs: found, ...(isLast ? {} : { next: placeOf(row) }) };
      }
    }
    const last = rows.at(-1);
    if (rows.length < count || last === undefined) return { runs: found };
    [after, count] = [last, mostTogether];
  }
  return { runs: found, ...(after === undefined ? {} : { next: placeOf(after) }) };
}

/** The place of a run in the order of all. */
type Place = Pick<RunRow, "place" | "journal" | "run">;

function placeOf({ place, journal, run }: Place): string {
  return `${place} ${journal.toString("hex")} ${run}`;
}

/** Reads a place that `searchIn` has checked. */
function placeIn(text: string): Place {
  const [place = "", journal = "", run = ""] = text.split(" ");
  return { place, journal: Buffer.from(journal, "hex"), run: Number(run) };
}

/** Most places that are each looked for with the names on their way; of more, runs with the last names are looked at. */
const mostPlaces = 8;

/** Returns SQL that holds for a run `r` which has one of some words, and for few others. */
function hasWord(
  tenant: number,
  kind: Wanted["kind"],
  words: readonly string[],
  value: (one: unknown) => string,
): string {
  const tokenFor = (word: string) => tokenOf(tenant, `${kind} ${word}`);
  const places = words.filter(isPlace);
  const namesIn = (place: string) =>
    place
      .split("/")
      .slice(1)
      .map((name) => tokenFor(`name ${name}`));
  const any = words.map(tokenFor);
  if (places.length > mostPlaces) any.push(...places.flatMap((place) => namesIn(place).slice(-1)));
  const together =
    places.length > mostPlaces
      ? []
      : places.map((place) => [...sharedTokens(tenant, `${kind} ${place}`), ...namesIn(place)]);
  return `(${[
    `r.tokens && ${value(any)}::int[]`,
    ...together.map((tokens) => `r.tokens @> ${value(tokens)}::int[]`),
  ].join(" OR ")})`;
}

interface NextRows {
  readonly where: readonly string[];
  readonly values: readonly unknown[];
  /** The last row before. */
  readonly after: Place | undefined;
  readonly count: number;
}

async function nextRows(pool: Pool, { where, values, after, count }: NextRows): Promise<RunRow[]> {
  const [place, journal, run] = [1, 2, 3].map((at) => `$${values.length + at}`);
  const beyond =
    after === undefined
      ? ""
      : `AND r.started <= ${place} AND (r.started, r.journal, r.run) < (${place}, ${journal}, ${run})`;
  const { rows } = await pool.query<RunRow>(
    `SELECT ${columns}, j.name, j.sender FROM run r JOIN journal j USING (tenant, journal)
    WHERE ${where.join(" AND ")} ${beyond} AND j.erased IS NULL
    ORDER BY r.started DESC, r.journal DESC, r.run DESC LIMIT ${count}`,
    after === undefined ? [...values] : [...values, after.place, after.journal, after.run],
  );
  return rows;
}

/** A run's columns but for its paths and tokens, which are far more than the rest. A Date has no microseconds. */
const columns = `r.journal, r.run, r.cause, r.guest, r.args, r.labels, r.started, replace((r.started AT TIME ZONE 'UTC')::text, ' ', 'T') || 'Z' AS place, r.ended, r.exit,
  r.reason, r.first, r.last, r.refused, r.is_whole, octet_length(r.paths) AS bytes`;

/** Conditions that the paths and files of a run settle. */
interface Looked {
  readonly wanted: readonly Wanted[];
  readonly digest: string | undefined;
  readonly effort: Effort;
}

/** The processor time that a search has for comparing paths. Others are answered in between. */
class Effort {
  readonly #most: number;
  #spent = 0;
  #began = performance.now();

  constructor(most: number) {
    this.#most = most;
  }

  /** Call it after each comparison, and await what it returns, if anything. Throws RefusedError for too much. */
  spend(): Promise<void> | undefined {
    const time = performance.now() - this.#began;
    return time < mostAtOnce ? undefined : this.#pause(time);
  }

  /** Call it where others were waited for. */
  begin(): void {
    this.#began = performance.now();
  }

  async #pause(time: number): Promise<void> {
    this.#spent += time;
    if (this.#spent > this.#most)
      throw new RefusedError(422, "the search takes too long", {
        hint: "narrow it: name a directory or an ending, a journal, or a shorter time",
      });
    await setImmediate();
    this.begin();
  }
}

/** Times in milliseconds: without a look at other requests, and usually in all. */
const mostAtOnce = 10;
const usualEffort = 10_000;

interface Wanted {
  readonly bit: (typeof touches)[keyof typeof touches];
  readonly fits: (path: string) => boolean;
  readonly kind: keyof typeof touches;
  /** A run with such a path has one of these words, if its paths are all kept; undefined if none are known. */
  readonly words: readonly string[] | undefined;
}

/** Yields those of the rows that fit what is wanted, each with the paths that do. */
async function* withPaths(
  pool: Pool,
  tenant: number,
  rows: readonly RunRow[],
  looked: Looked,
): AsyncGenerator<[RunRow, readonly string[]]> {
  const { wanted, digest } = looked;
  if (wanted.length === 0 && digest === undefined)
    return yield* rows.map((row): [RunRow, string[]] => [row, []]);
  const passed = await withoutPath(pool, tenant, rows, wanted);
  for (let start = 0, end = 0; start < rows.length; start = end) {
    for (let bytes = 0; end < rows.length; end += 1) {
      const row = rows[end];
      bytes += row === undefined || passed.has(row) ? 0 : row.bytes;
      if (bytes > pathsTogether && end > start) break;
    }
    const together = rows.slice(start, end);
    const packs = await pathsOf(pool, tenant, together, { passed, digest });
    looked.effort.begin();
    for (const row of together) {
      const pack = packs.get(nameOf(row));
      // It was erased meanwhile.
      const paths = pack === undefined ? undefined : await pathsIn(pack, row.is_whole, looked);
      if (paths !== undefined) yield [row, paths];
    }
  }
}

/**
 * Returns the runs with too many paths that have none that is wanted among those that are kept, by their tokens. They are
 * found whatever their paths are, and to look through 20,000 of each would take most of a search's time.
 */
async function withoutPath(
  pool: Pool,
  tenant: number,
  rows: readonly RunRow[],
  wanted: readonly Wanted[],
): Promise<ReadonlySet<RunRow>> {
  const partial = rows.filter((row) => !row.is_whole);
  if (partial.length === 0 || wanted.length === 0) return new Set();
  const values: unknown[] = [
    tenant,
    partial.map(({ journal }) => journal),
    partial.map(({ run }) => run),
  ];
  const value = (one: unknown) => `$${values.push(one)}`;
  const conditions: string[] = [];
  for (const { kind, words } of wanted) {
    if (words === undefined) return new Set();
    conditions.push(hasWord(tenant, kind, words, value));
  }
  const { rows: found } = await pool.query<Pick<RunRow, "journal" | "run">>(
    `SELECT journal, run FROM run r JOIN unnest($2::bytea[], $3::int[]) AS asked (journal, run) USING (journal, run)
    WHERE tenant = $1 AND (${conditions.join(" OR ")})`,
    values,
  );
  const looked = new Set(found.map(nameOf));
  return new Set(partial.filter((row) => !looked.has(nameOf(row))));
}

/** Returns the paths of a run that a search asked for; undefined if one of its conditions holds for none. */
async function pathsIn(
  { paths, files, has_all_files: hasAll }: PathsRow,
  isWhole: boolean,
  { wanted, digest, effort }: Looked,
): Promise<string[] | undefined> {
  const numbers = digest === undefined || files === null ? [] : numbersWith(files, digest);
  // Of a run with larger files some are not digested: it is shown, without them.
  if (digest !== undefined && numbers.length === 0 && hasAll !== false) return undefined;
  const all =
    paths === null || (wanted.length === 0 && numbers.length === 0)
      ? []
      : unpacked<[string, number][]>(paths);
  const found =
    wanted.length === 0 || paths === null ? [] : await fitting(all, isWhole, wanted, effort);
  if (found === undefined) return undefined;
  const same = numbers.flatMap((number) => all[number]?.[0] ?? []);
  return [...new Set([...found, ...same])].slice(0, mostShown);
}

interface PathsRow {
  readonly journal: Buffer;
  readonly run: number;
  /** Is null where they need not be looked at. */
  readonly paths: Buffer | null;
  /** Numbers of paths that it left, with their digests: see `numbersWith`. */
  readonly files: Buffer | null;
  readonly has_all_files: boolean | null;
}

async function pathsOf(
  pool: Pool,
  tenant: number,
  rows: readonly RunRow[],
  { passed, digest }: { passed: ReadonlySet<RunRow>; digest: string | undefined },
): Promise<Map<string, PathsRow>> {
  const { rows: found } = await pool.query<PathsRow>(
    `SELECT journal, run, CASE WHEN is_looked_at OR position($5::bytea IN files) > 0 THEN paths END AS paths, files, c.is_whole AS has_all_files FROM run
    JOIN unnest($2::bytea[], $3::int[], $4::boolean[]) AS asked (journal, run, is_looked_at) USING (journal, run)
    LEFT JOIN content c USING (tenant, journal, run) WHERE tenant = $1`,
    [
      tenant,
      rows.map(({ journal }) => journal),
      rows.map(({ run }) => run),
      rows.map((row) => !passed.has(row)),
      digest === undefined ? null : keptOf(digest),
    ],
  );
  return new Map(found.map((row) => [nameOf(row), row]));
}

function nameOf({ journal, run }: Pick<RunRow, "journal" | "run">): string {
  return `${journal.toString("hex")} ${run}`;
}

/** Returns the paths of a run that a search asked for; undefined if one of its conditions holds for none. */
async function fitting(
  all: readonly [string, number][],
  isWhole: boolean,
  wanted: readonly Wanted[],
  effort: Effort,
): Promise<string[] | undefined> {
  const found = new Set<string>();
  for (const { bit, fits } of wanted) {
    const some: (readonly [string, number])[] = [];
    for (const one of all) {
      if ((one[1] & bit) !== 0 && fits(one[0])) some.push(one);
      const pause = effort.spend();
      if (pause !== undefined) await pause;
    }
    // Of a run with too many paths some are not kept: it is shown, without them.
    if (some.length === 0 && isWhole) return undefined;
    for (const [path] of some.slice(0, mostShown)) found.add(path);
  }
  return [...found].slice(0, mostShown);
}

function runOf(row: RunRow, paths: readonly string[]): FoundRun {
  const { name, sender, run, cause, guest, args, labels, exit, first, last, refused } = row;
  return {
    journal: row.journal.toString("hex"),
    name,
    sender,
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
