import type { Pool, PoolClient } from "pg";
import {
  type Pack,
  type RedactedRow,
  type SpanToRedact,
  decodePack,
  encodePack,
  redactPack,
} from "../../../../journal/index.ts";
import type { RedactedAnswer } from "../../protocol/protocol.ts";
import { forgetDigests } from "../searches/digests.ts";
import { adopt, discard, putObject } from "../objects/garbage.ts";
import { requireUnheld } from "./holds.ts";
import { type Objects, wholeOf } from "../objects/objects.ts";
import {
  type JournalName,
  keyOf,
  rowOf,
  wellFormed,
  unknownJournal,
} from "../database/journal-row.ts";
import { RefusedError } from "../requests/refused.ts";
import { transaction } from "../database/transaction.ts";

/** A pack whose bytes were written anew, and are not in force yet. */
export interface Rewritten {
  /** The spans that it was written anew for, with what its bytes had been. */
  readonly spans: readonly RedactedRow[];
  readonly first: number;
  /** The object that it had, and the one that takes its place. */
  readonly before: string;
  readonly object: string;
  readonly bytes: number;
}

/** The spans that a pack's runs redact in packs before it. */
export interface LateSpans {
  /** Those that are to be written anew. */
  readonly spans: readonly SpanToRedact[];
  /** Tells whether bytes of them are here. */
  readonly haveBytes: boolean;
}

/**
 * Returns what a pack redacts that came before it, but for what is so already. `before` and `after` are the last runs
 * before the pack and in it. Throws RefusedError for what would leave a journal that nobody can check: whoever sends it
 * could hide all the rest so.
 */
export async function lateSpansOf(
  pool: Pool,
  name: JournalName,
  { redacted, tape }: Pick<Pack, "redacted" | "tape">,
  { before, after }: { readonly before: number; readonly after: number },
): Promise<LateSpans> {
  if (redacted.some(({ run }) => run <= before))
    throw new RefusedError(422, "a span that is redacted by no run which may do so");
  const given = new Map<number, (typeof redacted)[number]>(redacted.map((one) => [one.start, one]));
  const { rows: promised } = await pool.query<{ start: number }>(
    `SELECT start FROM span WHERE tenant = $1 AND journal = $2 AND run > $3 AND run <= $4`,
    [...keyOf(name), before, after],
  );
  if (promised.some(({ start }) => !given.has(start)))
    throw new RefusedError(422, "a run redacts less than was said of it before");
  const late = redacted.filter(({ start }) => start < tape);
  if (late.length === 0) return { spans: [], haveBytes: false };
  const known = await knownSpans(pool, name, late);
  let haveBytes = false;
  const spans = late.filter(({ start, length, run, digest }) => {
    const one = known.get(start);
    if (one === undefined) {
      haveBytes = true;
      return true;
    }
    const isSame = one.length === length && one.digest.equals(digest);
    if (!isSame || (one.run !== 0 && one.run !== run))
      throw new RefusedError(422, `the bytes at ${start} were redacted otherwise before`);
    return one.run !== run;
  });
  return { spans, haveBytes };
}

/**
 * Writes the packs anew in which spans stand, without their bytes, and returns them: `putInForce` makes them the
 * journal's. Throws RefusedError for a span that is no whole write.
 */
export async function rewrite(
  pool: Pool,
  objects: Objects,
  name: JournalName,
  spans: readonly SpanToRedact[],
): Promise<Rewritten[]> {
  const [least, most] = [spans[0]?.start ?? 0, spans.at(-1)?.start ?? 0];
  const { rows } = await pool.query<{ first: number; object: string; bytes: number }>(
    `SELECT first, object, p.bytes FROM pack p JOIN journal USING (tenant, journal, generation)
    WHERE tenant = $1 AND journal = $2 AND (tape IS NULL OR tape <= $4 AND tape_end > $3)
    ORDER BY first`,
    [...keyOf(name), least, most],
  );
  const left = new Map(spans.map((span) => [span.start as number, span]));
  const rewritten: Rewritten[] = [];
  for (const row of rows) {
    const { first, object: before } = row;
    if (left.size === 0) break;
    const encoded = await wholeOf(objects, row);
    if (encoded === undefined) throw changed();
    const pack = decodePack(encoded);
    const inside = [...left.values()].filter(
      ({ start }) => start >= pack.tape && start < pack.tapeEnd,
    );
    if (inside.length === 0) continue;
    const fresh = wellFormed(() => redactPack(pack, inside));
    const bytes = encodePack(fresh);
    const object = await putObject(pool, objects, name, first, bytes);
    const starts = new Set<number>(inside.map(({ start }) => start));
    const own = fresh.redacted.filter(({ start }) => starts.has(start));
    rewritten.push({ first, before, object, bytes: bytes.length, spans: own });
    for (const { start } of inside) left.delete(start);
  }
  const [span] = left.values();
  if (span !== undefined)
    throw new RefusedError(422, `no bytes of the tape at ${span.start} were received`);
  return rewritten;
}

/** Makes packs that were written anew the journal's, as its next generation, and the old ones garbage. */
export async function putInForce(
  client: PoolClient,
  name: JournalName,
  rewritten: readonly Rewritten[],
): Promise<void> {
  for (const { first, before, object, bytes } of rewritten) {
    const { rowCount } = await client.query(
      `UPDATE pack SET object = $4, bytes = $5
      WHERE tenant = $1 AND journal = $2 AND first = $3 AND object = $6`,
      [...keyOf(name), first, object, bytes, before],
    );
    if (rowCount !== 1) throw changed();
    await adopt(client, object);
  }
  await discard(
    client,
    rewritten.map(({ before }) => before),
  );
  await nextGeneration(client, name);
  await forgetDigests(client, name);
}

/** Begins the journal's next generation: what readers know of its packs counts no more. Throws RefusedError. */
export async function nextGeneration(client: PoolClient, name: JournalName): Promise<void> {
  const { rowCount } = await client.query(
    `UPDATE journal SET generation = generation + 1 WHERE tenant = $1 AND journal = $2 AND erased IS NULL`,
    keyOf(name),
  );
  if (rowCount !== 1) throw unknownJournal(name);
  await client.query(
    "UPDATE pack SET generation = generation + 1 WHERE tenant = $1 AND journal = $2",
    keyOf(name),
  );
  await client.query(
    `UPDATE journal SET bytes = (SELECT coalesce(sum(bytes), 0) FROM pack WHERE tenant = $1 AND journal = $2)
    WHERE tenant = $1 AND journal = $2`,
    keyOf(name),
  );
}

/** Keeps which spans are redacted, and by which run. */
export async function keepSpans(
  client: PoolClient,
  name: JournalName,
  spans: readonly RedactedRow[],
): Promise<void> {
  if (spans.length === 0) return;
  await client.query(
    `INSERT INTO span (tenant, journal, start, length, run, digest)
    SELECT $1, $2, * FROM unnest($3::bigint[], $4::bigint[], $5::bigint[], $6::bytea[])
    ON CONFLICT (tenant, journal, start) DO UPDATE SET run = excluded.run WHERE span.run = 0`,
    [
      ...keyOf(name),
      spans.map(({ start }) => start),
      spans.map(({ length }) => length),
      spans.map(({ run }) => run),
      spans.map(({ digest }) => digest),
    ],
  );
}

/**
 * Removes the bytes of whole writes from a journal here, wherever it came from: its chain goes on proving all else, and
 * readers are told. When this returns nothing refers to the bytes any more; the worker removes them. Throws
 * RefusedError.
 */
export async function redactStored(
  pool: Pool,
  objects: Objects,
  name: JournalName,
  asked: readonly SpanToRedact[],
): Promise<RedactedAnswer> {
  if ((await rowOf(pool, name)) === undefined) throw unknownJournal(name);
  if (asked.length === 0) await transaction(pool, (client) => requireUnheld(client, name));
  const known = await knownSpans(pool, name, asked);
  const spans = asked
    .filter(({ start }) => !known.has(start))
    .toSorted((one, other) => one.start - other.start);
  if (spans.length === 0) return { spans: 0, bytes: 0 };
  await transaction(pool, (client) => requireUnheld(client, name));
  const rewritten = await rewrite(pool, objects, name, spans);
  await transaction(pool, async (client) => {
    await requireUnheld(client, name);
    await putInForce(client, name, rewritten);
    await keepSpans(
      client,
      name,
      rewritten.flatMap((one) => one.spans),
    );
  });
  return { spans: spans.length, bytes: spans.reduce((sum, { length }) => sum + length, 0) };
}

interface KnownSpan {
  readonly start: number;
  readonly length: number;
  readonly run: number;
  readonly digest: Buffer;
}

async function knownSpans(
  pool: Pool,
  name: JournalName,
  spans: readonly SpanToRedact[],
): Promise<Map<number, KnownSpan>> {
  const { rows } = await pool.query<KnownSpan>(
    "SELECT start, length, run, digest FROM span WHERE tenant = $1 AND journal = $2 AND start = ANY ($3)",
    [...keyOf(name), spans.map(({ start }) => start)],
  );
  return new Map(rows.map((row) => [row.start, row]));
}

function changed(): RefusedError {
  return new RefusedError(503, "the journal is written anew here at the moment");
}
