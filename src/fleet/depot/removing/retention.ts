import type { Pool } from "pg";
import type { Log } from "../requests/log.ts";
import { RefusedError } from "../requests/refused.ts";
import { eraseJournal } from "./erase.ts";
import { labelWord, tokenOf } from "../searches/touched.ts";

/** Says how long journals of a tenant are kept. */
export interface Retention {
  /** Of journals that have a run with this label, NAME=TEXT; empty for all that no other rule is for. */
  readonly label: string;
  /** Journals that received nothing for so long go. */
  readonly maxAgeSeconds?: number;
  /** Those that received nothing for the longest time go until the rest has no more bytes. */
  readonly maxBytes?: number;
}

/**
 * Sets a rule of a tenant, or removes it where it has no bound. Nothing goes within the next hour: others can be set
 * that keep what this one alone would let go.
 */
export async function setRetention(pool: Pool, tenant: number, rule: Retention): Promise<void> {
  // Rules are looked at when this is a minute ago.
  await pool.query(
    "UPDATE tenant SET retained = greatest(retained, now() + interval '59 minutes') WHERE tenant = $1",
    [tenant],
  );
  const { label, maxAgeSeconds = null, maxBytes = null } = rule;
  if (maxAgeSeconds === null && maxBytes === null) {
    await pool.query("DELETE FROM retention WHERE tenant = $1 AND label = $2", [tenant, label]);
    return;
  }
  await pool.query(
    `INSERT INTO retention VALUES ($1, $2, $3, $4) ON CONFLICT (tenant, label)
    DO UPDATE SET max_age_seconds = excluded.max_age_seconds, max_bytes = excluded.max_bytes`,
    [tenant, label, maxAgeSeconds, maxBytes],
  );
}

interface RuleRow {
  readonly tenant: number;
  readonly label: string;
  readonly max_age_seconds: number | null;
  readonly max_bytes: number | null;
}

export async function listRetention(pool: Pool, tenant: number): Promise<Retention[]> {
  const { rows } = await pool.query<RuleRow>(
    "SELECT * FROM retention WHERE tenant = $1 ORDER BY label",
    [tenant],
  );
  return rows.map(({ label, max_age_seconds: age, max_bytes: bytes }) => ({
    label,
    ...(age === null ? {} : { maxAgeSeconds: age }),
    ...(bytes === null ? {} : { maxBytes: bytes }),
  }));
}

/** A journal that a rule lets go. */
export interface Going {
  readonly tenant: number;
  readonly journal: string;
  readonly name: string;
  readonly received: Date;
  readonly bytes: number;
  readonly rule: string;
}

/**
 * Returns journals that a tenant's rules let go, those first that received nothing for the longest time. A journal with
 * several labels stays while one of their rules keeps it. What is held, or not indexed to its end, stays. With `tried`
 * it is as if that rule were set.
 */
export async function goingOf(
  pool: Pool,
  tenant: number,
  { most = mostGoing, tried }: { readonly most?: number; readonly tried?: Retention } = {},
): Promise<Going[]> {
  const { rows: set } = await pool.query<RuleRow>(
    "SELECT * FROM retention WHERE tenant = $1 ORDER BY label",
    [tenant],
  );
  const rules = tried === undefined ? set : withRule(set, tenant, tried);
  const labelled = rules.filter(({ label }) => label !== "");
  const going = new Map<string, Going>();
  for (const rule of rules) {
    const others =
      rule.label === "" ? labelled : labelled.filter(({ label }) => label !== rule.label);
    for (const one of await goingBy(pool, tenant, rule, others, most)) going.set(one.journal, one);
  }
  return [...going.values()].slice(0, most);
}

/** Most journals that are let go, or listed, at a time. */
export const mostGoing = 1_000;

function withRule(rules: readonly RuleRow[], tenant: number, rule: Retention): RuleRow[] {
  const { label, maxAgeSeconds = null, maxBytes = null } = rule;
  const others = rules.filter((one) => one.label !== label);
  if (maxAgeSeconds === null && maxBytes === null) return others;
  return [...others, { tenant, label, max_age_seconds: maxAgeSeconds, max_bytes: maxBytes }];
}

async function goingBy(
  pool: Pool,
  tenant: number,
  rule: RuleRow,
  others: readonly RuleRow[],
  most: number,
): Promise<Going[]> {
  const values: unknown[] = [tenant];
  const value = (one: unknown) => `$${values.push(one)}`;
  const has = (label: string) =>
    `EXISTS (SELECT FROM run r WHERE r.tenant = j.tenant AND r.journal = j.journal
      AND r.tokens @> ARRAY[${value(tokenOf(tenant, labelWord(...pairOf(label))))}::int]
      AND r.labels @> ${value(Object.fromEntries([pairOf(label)]))}::jsonb)`;
  const isOf = [
    ...(rule.label === "" ? [] : [has(rule.label)]),
    ...(rule.label === "" ? others.map(({ label }) => `NOT ${has(label)}`) : []),
    // A journal with two labels goes when both let it go.
    ...(rule.label === ""
      ? []
      : others.map(({ label, max_age_seconds: age }) =>
          age === null
            ? `NOT ${has(label)}`
            : `(NOT ${has(label)} OR j.received < now() - ${value(age)} * interval '1 second')`,
        )),
  ];
  const candidates = `SELECT j.journal, j.name, j.received, j.bytes,
      sum(j.bytes) OVER (ORDER BY j.received DESC, j.journal) AS reached
    FROM journal j WHERE j.tenant = $1 AND j.erased IS NULL ${isOf.map((one) => `AND ${one}`).join(" ")}`;
  const bounds = [
    ...(rule.max_age_seconds === null
      ? []
      : [`received < now() - ${value(rule.max_age_seconds)} * interval '1 second'`]),
    ...(rule.max_bytes === null ? [] : [`reached > ${value(rule.max_bytes)}`]),
  ];
  const { rows } = await pool.query<{
    journal: Buffer;
    name: string;
    received: Date;
    bytes: number;
  }>(
    `SELECT journal, name, received, bytes FROM (${candidates}) AS c
    WHERE (${bounds.join(" OR ")})
    AND NOT EXISTS (SELECT FROM hold h WHERE h.tenant = $1 AND h.journal = c.journal)
    AND EXISTS (SELECT FROM journal i WHERE i.tenant = $1 AND i.journal = c.journal AND i.indexed = i.head)
    ORDER BY received, journal LIMIT ${value(most)}`,
    values,
  );
  return rows.map((row) => ({
    ...row,
    tenant,
    journal: row.journal.toString("hex"),
    rule: rule.label === "" ? "default" : rule.label,
  }));
}

/** Lets journals go that are due by their tenants' rules, and logs each. Returns false if there are none. */
export async function letGoNext(pool: Pool, log: Log): Promise<boolean> {
  // A rule is looked at once a minute, by one worker.
  const { rows } = await pool.query<{ tenant: number; looked: string }>(
    `UPDATE tenant SET retained = now() WHERE tenant = (
      SELECT tenant FROM tenant t WHERE retained < now() - interval '1 minute'
      AND EXISTS (SELECT FROM retention r WHERE r.tenant = t.tenant) ORDER BY retained LIMIT 1
    ) AND retained < now() - interval '1 minute' RETURNING tenant, retained::text AS looked`,
  );
  const [due] = rows;
  if (due === undefined) return false;
  return await letGo(pool, due.tenant, log, due.looked);
}

/** Lets journals go that are due now, unless a rule was set since the tenant's were looked at, at `looked`. */
export async function letGo(
  pool: Pool,
  tenant: number,
  log: Log,
  looked?: string,
): Promise<boolean> {
  const going = await goingOf(pool, tenant);
  // A rule that was set meanwhile has its hour.
  const { rowCount } = await pool.query(
    "SELECT FROM tenant WHERE tenant = $1 AND retained::text = coalesce($2, retained::text)",
    [tenant, looked],
  );
  if (rowCount !== 1) return false;
  for (const { journal, name, received, bytes, rule } of going) {
    try {
      await eraseJournal(pool, { tenant, journal }, received);
    } catch (error) {
      // It was erased, is held, or goes on since.
      if (error instanceof RefusedError) continue;
      throw error;
    }
    const facts = { tenant, journal, name, rule, bytes, received: received.toISOString() };
    log("info", "a journal was let go by a rule of retention", facts);
  }
  return going.length > 0;
}

function pairOf(label: string): [name: string, text: string] {
  const at = label.indexOf("=");
  return [label.slice(0, at), label.slice(at + 1)];
}
