import type Database from "better-sqlite3";
import { MalformedError } from "../format/bytes.ts";
import { genesis } from "../format/chain.ts";
import { Damage } from "../file/damage.ts";
import type { Seq } from "../format/event.ts";
import { databaseOf } from "../format/handle.ts";
import { type Journal, JournalError } from "../format/journal.ts";
import { versionOf } from "../file/migrate.ts";
import { openReader } from "../writer/reader.ts";
import { checkSchema } from "../file/schema-check.ts";
import { checkSnapshots } from "../file/snapshots.ts";
import { checkEvents } from "./events.ts";
import { checkSignatures, type Signature } from "./sign.ts";
import { isScrubDue } from "../file/scrub.ts";
import { checkBase, checkBound, checkRetained } from "./base.ts";
import { checkPlaces } from "./postings.ts";
import { checkRedactions, type RedactedCount } from "./redaction.ts";
import { checkSegments } from "./tape.ts";

/** What is checked beside the journal itself, and who is told meanwhile. */
export interface VerifyOptions {
  /** A chain digest (hex) that was kept: it must be that of one of the journal's commits. */
  readonly head?: string;
  /** Called now and then with the events checked so far, and how many there are. */
  readonly onProgress?: (checked: number, events: number) => void;
}

/** What `verify` found. `events` and `head` (the last digest, hex) are as the journal has them. */
export type Verdict =
  | {
      readonly ok: true;
      readonly events: number;
      readonly head: string;
      /** Seq up to which the kept digest vouches, where one was given. */
      readonly headAt?: Seq;
      /**
       * The last event that was folded. A digest of a commit before it is known to be one of this journal's, and what
       * it vouched for is gone.
       */
      readonly folded?: Seq;
      /** The last head that each key signed, in the order of what they cover; absent where none is signed. */
      readonly signatures?: readonly Signature[];
      /** Writes whose bytes were redacted, and how many bytes those were; absent where none were. */
      readonly redacted?: RedactedCount;
      /** What was redacted or folded may still stand in free pages of the file: its removal was interrupted. */
      readonly leftover?: true;
    }
  | {
      readonly ok: false;
      readonly events: number;
      readonly head: string;
      /** The first event that is damaged, or of the first commit that is; 0 where it is the journal as a whole. */
      readonly seq: Seq;
      /** The path that event is about. */
      readonly path?: string;
      readonly reason: string;
    };

/**
 * Recomputes everything from what is committed: each row of each table, the tape, the chain. Throws JournalError only
 * where there is no journal to look at ("missing", "not-a-journal", "newer", "io").
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
    // One read transaction: a writer that goes on meanwhile changes nothing for us.
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

/** Why a journal cannot be opened, without its name, which whoever asked has. */
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

// Invariants J1 and J2: SQLite's own structure, each index and constraint; and no table, index, view or trigger but
// ours.
function checkFile(db: Database.Database): void {
  const faults = db.prepare<[], string>("PRAGMA integrity_check(1)").pluck().all();
  if (faults.join() !== "ok")
    throw new Damage(`the database file is damaged: ${faults.join("; ").replaceAll("\n", " ")}`);
  checkSchema(db);
}

// Invariant J3: the id and the time of birth, bound by the first link of the chain.
function checkMeta(db: Database.Database): void {
  const meta = new Map(db.prepare<[], [string, string]>("SELECT key, value FROM meta").raw().all());
  const [id, created] = [meta.get("id"), meta.get("created")];
  if (meta.size !== (meta.get("scrub") === "" ? 3 : 2) || id === undefined || created === undefined)
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
