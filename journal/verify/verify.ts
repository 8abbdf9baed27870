import type Database from "better-sqlite3";
import { MalformedError } from "../format/bytes.ts";
import { genesis } from "../format/chain.ts";
import { Damage } from "../file/damage.ts";
import type { Seq } from "../format/event.ts";
import { databaseOf } from "../interface/handle.ts";
import { type Journal, JournalError } from "../interface/journal.ts";
import { versionOf } from "../file/migrate.ts";
import { openReader } from "../writer/reader.ts";
import { checkSchema } from "../file/schema-check.ts";
import { checkSnapshots } from "../snapshots/snapshots.ts";
import { checkEvents } from "./events.ts";
import { isShippedTo } from "./shipped.ts";
import { checkSignatures, type Signature } from "./sign.ts";
import { isScrubDue } from "../file/scrub.ts";
import { checkBase, checkBound, checkRetained } from "./base.ts";
import { checkPlaces } from "./postings.ts";
import { checkRedactions, type RedactedCount } from "./redaction.ts";
import { checkSegments } from "./tape.ts";

/** Options of a verification: a digest to find, and progress to report. */
export interface VerifyOptions {
  /** A chain digest in hex from an earlier time; it must be that of one of the journal's commits. */
  readonly head?: string;
  /** Called now and then with the number of checked events and of all events. */
  readonly onProgress?: (checked: number, events: number) => void;
}

/** The result of `verify`. `events` and `head` (the last digest, in hex) are the journal's own. */
export type Verdict =
  | {
      readonly ok: true;
      readonly events: number;
      readonly head: string;
      /** The last event that the given digest vouches for. */
      readonly headAt?: Seq;
      /**
       * The last folded event. A digest of a commit before it is still known to be one of this journal's, but the
       * events that it vouched for are gone.
       */
      readonly folded?: Seq;
      /** The last signed head of each key, sorted by seq; absent without signatures. */
      readonly signatures?: readonly Signature[];
      /** The number of redacted writes and of their bytes; absent without any. */
      readonly redacted?: RedactedCount;
      /** Set if free pages of the file may still hold redacted or folded data, because the removal was interrupted. */
      readonly leftover?: true;
    }
  | {
      readonly ok: false;
      readonly events: number;
      readonly head: string;
      /**
       * The first damaged event, or the first event of the first damaged commit; 0 if the journal as a whole is
       * damaged.
       */
      readonly seq: Seq;
      /** The path that the event is about. */
      readonly path?: string;
      readonly reason: string;
    };

/**
 * Checks everything that is committed: each row of each table, the tape, the chain. Throws JournalError only if there
 * is no journal to check ("missing", "not-a-journal", "newer", "io").
 */
export function verify(target: string | Journal, options: VerifyOptions = {}): Verdict {
  if (typeof target !== "string") return verifyDatabase(databaseOf(target), options);
  let journal: Journal;
  try {
    journal = openReader(target);
  } catch (error) {
    if (!(error instanceof JournalError) || error.code !== "damaged") throw error;
    return { ok: false, events: 0, head: "", seq: 0 as Seq, reason: whyClosed(error) };
  }
  try {
    return verifyDatabase(databaseOf(journal), options);
  } finally {
    journal.close();
  }
}

function verifyDatabase(db: Database.Database, options: VerifyOptions): Verdict {
  let events = 0;
  let head = "";
  try {
    // One read transaction, so that a writer does not change anything meanwhile.
    return db.transaction((): Verdict => {
      checkFile(db);
      const last = db
        .prepare<[], { seq: number; digest: Buffer }>(
          "SELECT seq, digest FROM chain ORDER BY seq DESC LIMIT 1",
        )
        .get();
      events = last?.seq ?? 0;
      head = last?.digest.toString("hex") ?? "";
      checkMeta(db);
      const base = checkBase(db);
      const walk = checkEvents(db, events, base, options.onProgress ?? (() => {}));
      if (versionOf(db) >= 3) checkPlaces(db);
      checkBound(db, base, walk);
      checkSegments(db, walk, base);
      checkRetained(db, base);
      const redacted = checkRedactions(db, walk);
      checkSnapshots(db);
      const signatures = checkSignatures(db);
      const headAt = options.head === undefined ? undefined : seqOfDigest(db, options.head);
      return {
        ok: true,
        events,
        head,
        ...(headAt === undefined ? {} : { headAt }),
        ...(base === undefined ? {} : { folded: base.seq }),
        ...(signatures.length === 0 ? {} : { signatures }),
        ...(redacted.spans === 0 ? {} : { redacted }),
        ...(isScrubDue(db) ? { leftover: true } : {}),
      };
    })();
  } catch (error) {
    const damage = damageIn(error);
    const path = damage.path === undefined ? {} : { path: damage.path };
    return { ok: false, events, head, seq: damage.seq as Seq, ...path, reason: damage.message };
  }
}

/** Returns the reason why a journal cannot be opened, without its name, which the caller knows. */
function whyClosed({ cause, message }: JournalError): string {
  return cause instanceof Error ? `it cannot be opened (${cause.message})` : message;
}

function damageIn(error: unknown): Damage {
  if (error instanceof Damage) return error;
  if (error instanceof MalformedError) return new Damage(error.message);
  if (
    error instanceof Error &&
    "code" in error &&
    /^SQLITE_(CORRUPT|NOTADB|ERROR)/.test(String(error.code))
  ) {
    return new Damage(`the database file is damaged: ${error.message}`);
  }
  throw error;
}

// Invariants J1 and J2: SQLite's own structure is sound, and the schema is a journal's and nothing more.
function checkFile(db: Database.Database): void {
  const faults = db.prepare<[], string>("PRAGMA integrity_check(1)").pluck().all();
  if (faults.join() !== "ok")
    throw new Damage(`the database file is damaged: ${faults.join("; ").replaceAll("\n", " ")}`);
  checkSchema(db);
}

// Invariant J3: the first link of the chain binds the id and the time of birth.
function checkMeta(db: Database.Database): void {
  const meta = new Map(db.prepare<[], [string, string]>("SELECT key, value FROM meta").raw().all());
  const [id, created] = [meta.get("id"), meta.get("created")];
  const shipped = meta.get("shipped");
  const others = Number(meta.get("scrub") === "") + Number(shipped !== undefined);
  const isNote = shipped === undefined || isShippedTo(shipped);
  if (meta.size !== 2 + others || !isNote || id === undefined || created === undefined)
    throw new Damage("its table meta is damaged");
  const first = db.prepare<[], Buffer>("SELECT digest FROM chain WHERE seq = 0").pluck().get();
  if (first?.equals(genesis(id, created)) !== true)
    throw new Damage("its id or time of birth is not what the chain began with");
}

// Invariant J14.
function seqOfDigest(db: Database.Database, kept: string): Seq {
  const digest = /^[0-9a-fA-F]{64}$/.test(kept) ? Buffer.from(kept, "hex") : Buffer.alloc(0);
  const seq = db
    .prepare<[Buffer], number>("SELECT seq FROM chain WHERE digest = ?")
    .pluck()
    .get(digest);
  if (seq === undefined) {
    throw new Damage(
      "the digest that was kept is that of no commit: events were cut off or rewritten since, or it is of another journal",
    );
  }
  return seq as Seq;
}
