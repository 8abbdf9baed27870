import type { Pool, PoolClient } from "pg";
import { transaction } from "./transaction.ts";

/**
 * The tables, as steps that are never changed once they are released: a database is brought from any of them to the
 * last, in which the setting depot.now is the depot's time. `tenant` and `journal` stand in every key, so that tables can be spread by them; 16 bytes of `journal` are its
 * id. Numbers that JavaScript counts with are bigint.
 */
const steps: readonly string[] = [
  `CREATE TABLE tenant (
    tenant int GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    name text NOT NULL UNIQUE
  );
  CREATE TABLE token (
    hash bytea PRIMARY KEY,
    tenant int NOT NULL REFERENCES tenant,
    name text NOT NULL,
    scopes text[] NOT NULL,
    created timestamptz NOT NULL DEFAULT now(),
    expires timestamptz,
    UNIQUE (tenant, name)
  );
  CREATE TABLE journal (
    tenant int NOT NULL,
    journal bytea NOT NULL,
    created numeric(20) NOT NULL,
    name text NOT NULL,
    state jsonb NOT NULL,
    head bigint NOT NULL,
    digest bytea NOT NULL,
    generation int NOT NULL DEFAULT 0,
    bytes bigint NOT NULL DEFAULT 0,
    indexed bigint NOT NULL DEFAULT 0,
    open_run bytea,
    lease timestamptz,
    received timestamptz NOT NULL DEFAULT now(),
    erased timestamptz,
    PRIMARY KEY (tenant, journal)
  );
  CREATE INDEX journal_due ON journal (received) WHERE indexed < head;
  CREATE TABLE pack (
    tenant int NOT NULL,
    journal bytea NOT NULL,
    generation int NOT NULL,
    first bigint NOT NULL,
    last bigint NOT NULL,
    object text NOT NULL,
    bytes bigint NOT NULL,
    late jsonb NOT NULL,
    PRIMARY KEY (tenant, journal, generation, first)
  );
  CREATE TABLE run (
    tenant int NOT NULL,
    journal bytea NOT NULL,
    run int NOT NULL,
    cause text NOT NULL,
    guest text NOT NULL,
    args json NOT NULL,
    labels jsonb NOT NULL,
    started timestamptz NOT NULL,
    ended timestamptz,
    exit double precision,
    reason text,
    first bigint NOT NULL,
    last bigint NOT NULL,
    refused int NOT NULL,
    is_whole boolean NOT NULL,
    tokens bigint[] NOT NULL,
    paths bytea NOT NULL,
    PRIMARY KEY (tenant, journal, run)
  );
  CREATE INDEX run_tokens ON run USING gin (tokens);
  CREATE INDEX run_started ON run (tenant, started);
  CREATE TABLE blob (object text PRIMARY KEY, bytes bytea NOT NULL);
  ALTER TABLE blob ALTER COLUMN bytes SET STORAGE EXTERNAL;
  CREATE TABLE garbage (object text PRIMARY KEY, after timestamptz NOT NULL);`,
  // Packs from before have no places on the tape: they are looked into.
  `ALTER TABLE pack ADD tape bigint, ADD tape_end bigint;
  CREATE TABLE span (
    tenant int NOT NULL,
    journal bytea NOT NULL,
    start bigint NOT NULL,
    length bigint NOT NULL,
    run bigint NOT NULL,
    digest bytea NOT NULL,
    PRIMARY KEY (tenant, journal, start)
  );
  CREATE INDEX span_run ON span (tenant, journal, run);
  ALTER TABLE garbage ADD doomed boolean NOT NULL DEFAULT false;
  CREATE INDEX garbage_after ON garbage (after);
  CREATE INDEX pack_object ON pack (object);
  ALTER TABLE journal ADD merged bigint NOT NULL DEFAULT 0;
  CREATE INDEX journal_unmerged ON journal (received) WHERE merged < head;
  ALTER TABLE tenant ADD retained timestamptz NOT NULL DEFAULT 'epoch';
  CREATE TABLE hold (
    tenant int NOT NULL,
    journal bytea NOT NULL,
    name text NOT NULL,
    reason text NOT NULL,
    created timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (tenant, journal, name)
  );
  CREATE TABLE retention (
    tenant int NOT NULL REFERENCES tenant,
    label text NOT NULL,
    max_age_seconds bigint,
    max_bytes bigint,
    PRIMARY KEY (tenant, label)
  );`,
  // A view belongs to one generation, and its parts to the worker that made them: another one begins anew.
  `ALTER TABLE journal ADD viewed bigint NOT NULL DEFAULT 0,
    ADD viewed_generation int NOT NULL DEFAULT 0,
    ADD view_after timestamptz NOT NULL DEFAULT now(),
    ADD view_lease timestamptz;
  CREATE INDEX journal_view_due ON journal (view_after)
    WHERE viewed < head OR viewed_generation < generation;
  CREATE TABLE view (
    tenant int NOT NULL,
    journal bytea NOT NULL,
    generation int NOT NULL,
    seq bigint NOT NULL,
    digest bytea NOT NULL,
    maker text NOT NULL,
    bytes bytea NOT NULL,
    PRIMARY KEY (tenant, journal)
  );
  ALTER TABLE view ALTER COLUMN bytes SET STORAGE EXTERNAL;
  CREATE TABLE view_part (
    tenant int NOT NULL,
    journal bytea NOT NULL,
    maker text NOT NULL,
    number int NOT NULL,
    object text NOT NULL,
    PRIMARY KEY (tenant, journal, maker, number)
  );
  CREATE INDEX view_part_object ON view_part (object);`,
  // A search reads all of a GIN index's pending list, and the planner shuns an index whose list is long. Runs that may
  // have more paths are few, and each search by path looks at all of them.
  `ALTER INDEX run_tokens SET (gin_pending_list_limit = 64);
  CREATE INDEX run_partial ON run (tenant, started) WHERE NOT is_whole;
  CREATE INDEX run_failed ON run (tenant, exit, started) WHERE exit <> 0;`,
  // Journals from before are digested from their first event on.
  `ALTER TABLE journal ADD digests_after bigint NOT NULL DEFAULT 0, ADD digests_head bigint NOT NULL DEFAULT 0;
  CREATE INDEX journal_undigested ON journal (view_after) WHERE digests_head < viewed;
  CREATE TABLE content (
    tenant int NOT NULL,
    journal bytea NOT NULL,
    run int NOT NULL,
    is_whole boolean NOT NULL,
    tokens bigint[] NOT NULL,
    files bytea NOT NULL,
    PRIMARY KEY (tenant, journal, run)
  );
  CREATE INDEX content_tokens ON content USING gin (tokens) WITH (gin_pending_list_limit = 64);
  CREATE INDEX content_partial ON content (tenant) WHERE NOT is_whole;`,
  // Tokens are the lower half of what they were. Files are digested anew: each is the number of its path in the run's, in
  // two bytes, and ten bytes of its digest. A word that one run alone has costs 55 bytes in the index: a file of a run
  // with few is found by two of 1,024 numbers instead, which many runs share.
  `CREATE FUNCTION pg_temp.lower_halves(bigint[]) RETURNS int[] LANGUAGE sql IMMUTABLE AS
    'SELECT coalesce(array_agg((token << 32 >> 32)::int), ''{}'') FROM unnest($1) AS token';
  ALTER TABLE run ALTER tokens TYPE int[] USING pg_temp.lower_halves(tokens);
  DROP TABLE content;
  CREATE TABLE content (
    tenant int NOT NULL,
    run int NOT NULL,
    is_whole boolean NOT NULL,
    journal bytea NOT NULL,
    files bytea NOT NULL,
    PRIMARY KEY (tenant, journal, run)
  );
  CREATE FUNCTION file_tokens(tenant int, files bytea, are_many boolean) RETURNS int[] LANGUAGE sql IMMUTABLE AS $$
    SELECT coalesce(array_agg(DISTINCT token), '{}') FROM (
      SELECT ((tenant::bigint * 1024 + (get_byte(files, at) * 256 + get_byte(files, at + 1)) % 1024) % 2147483648)::int
        AS token FROM generate_series(2, octet_length(files) - 10, 12) AS at WHERE NOT are_many
      UNION ALL
      SELECT ((tenant::bigint * 1024 + (get_byte(files, at) * 256 + get_byte(files, at + 1)) % 1024) % 2147483648)::int
        AS token FROM generate_series(4, octet_length(files) - 8, 12) AS at WHERE NOT are_many
      UNION ALL
      SELECT (-1 - (tenant::bigint * 40503 + get_byte(files, at) * 16777216::bigint + get_byte(files, at + 1) * 65536
        + get_byte(files, at + 2) * 256 + get_byte(files, at + 3)) % 2147483648)::int
        AS token FROM generate_series(2, octet_length(files) - 10, 12) AS at WHERE are_many
    ) AS tokens $$;
  CREATE INDEX content_tokens ON content USING gin (file_tokens(tenant, files, octet_length(files) > 288))
    WITH (gin_pending_list_limit = 64);
  CREATE INDEX content_partial ON content (tenant) WHERE NOT is_whole;
  UPDATE journal SET digests_after = 0, digests_head = 0;`,
  // Journals from before do not say who sent them.
  "ALTER TABLE journal ADD sender text NOT NULL DEFAULT ''",
  // A run that a machine dates after its arrival is as old as that: those from before arrived before now, by the clock of
  // the depot that migrates.
  `ALTER TABLE journal ADD index_failures int NOT NULL DEFAULT 0, ADD view_failures int NOT NULL DEFAULT 0;
  UPDATE run SET started = current_setting('depot.now')::timestamptz,
    ended = least(ended, current_setting('depot.now')::timestamptz)
  WHERE started > current_setting('depot.now')::timestamptz`,
  // A view that somebody waits for is made first.
  `ALTER TABLE journal ADD view_asked timestamptz;
  CREATE INDEX journal_view_asked ON journal (view_asked) WHERE view_asked IS NOT NULL`,
  // A run that had no end got the last second that there is.
  "UPDATE run SET ended = NULL WHERE ended >= '9999-12-31'",
];

/** Reports tables of a newer version. */
export class TablesError extends Error {
  override readonly name = "TablesError";
}

/** Brings the database to this version's tables. Throws TablesError if they are those of a newer one. */
export async function migrate(pool: Pool): Promise<void> {
  await transaction(pool, async (client) => {
    // One depot migrates, for as long as it takes, and the others wait for it.
    await client.query("SET LOCAL statement_timeout = 0");
    await client.query("SELECT pg_advisory_xact_lock($1)", [lockNumber]);
    await client.query("CREATE TABLE IF NOT EXISTS depot_version (version int NOT NULL)");
    const version = await versionIn(client);
    if (version > steps.length)
      throw new TablesError(
        `the database is of a newer rewindfs: version ${version} of its tables, and this one knows ${steps.length}`,
      );
    await client.query("SELECT set_config('depot.now', $1, true)", [new Date().toISOString()]);
    for (const step of steps.slice(version)) await client.query(step);
    await client.query("DELETE FROM depot_version");
    await client.query("INSERT INTO depot_version VALUES ($1)", [steps.length]);
  });
}

const lockNumber = 0x72774653;

async function versionIn(client: PoolClient): Promise<number> {
  const { rows } = await client.query<{ version: number }>("SELECT version FROM depot_version");
  return rows[0]?.version ?? 0;
}
