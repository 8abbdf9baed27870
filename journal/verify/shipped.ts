import type Database from "better-sqlite3";
import type { Seq } from "../format/event.ts";
import { databaseOf } from "../interface/handle.ts";
import type { Journal, JournalWriter } from "../interface/journal.ts";
import { translating } from "../interface/storage-error.ts";
import { whileBriefly } from "../writer/writer.ts";
import { type HeadSignature, put, requireSignature } from "./sign.ts";

/** Says where a journal is sent to, and how far it was acknowledged there. */
export interface ShippedTo {
  /** The depot's address. */
  readonly depot: string;
  /** The last event that it acknowledged, 0 for none. */
  readonly seq: Seq;
  /** The chain's digest there, in hex; empty for none. */
  readonly digest: string;
}

/** Longest address of a depot, in characters. */
const longestAddress = 2_000;

/**
 * Returns where a journal is sent to; undefined for one that is sent nowhere. An acknowledgement of a head that is not
 * in its chain is none: an older copy was put back.
 */
export function shippedTo(journal: Journal): ShippedTo | undefined {
  const db = databaseOf(journal);
  const note = noteIn(db);
  if (note === undefined) return undefined;
  const digest = db.prepare<[number], Buffer>("SELECT digest FROM chain WHERE seq = ?").pluck();
  return digest.get(note.seq)?.toString("hex") === note.digest
    ? note
    : { depot: note.depot, seq: 0 as Seq, digest: "" };
}

/**
 * Keeps where a journal is sent to, before anything was acknowledged: from then on nothing is folded that the depot does
 * not have. Does nothing for a journal that is sent there already. Throws JournalError.
 */
export function keepDestination(file: string, depot: string): void {
  whileBriefly(file, (writer) => {
    if (noteIn(databaseOf(writer))?.depot === depot) return;
    write(writer, file, { depot, seq: 0 as Seq, digest: "" });
  });
}

/**
 * Keeps a depot's acknowledgement of a head, and its signature. Throws JournalError, and TypeError for a signature that
 * is not of this journal.
 */
export function keepReceipt(file: string, depot: string, signature: HeadSignature): void {
  whileBriefly(file, (writer) => {
    requireSignature(writer, file, signature);
    put(writer, file, signature);
    const { digest } = signature;
    write(writer, file, { depot, seq: signature.seq as Seq, digest: digest.toString("hex") });
  });
}

/** Keeps a depot's signature of a head in a copy, which is sent nowhere. Throws like `keepReceipt`. */
export function keepSignature(file: string, signature: HeadSignature): void {
  whileBriefly(file, (writer) => {
    requireSignature(writer, file, signature);
    put(writer, file, signature);
  });
}

/** Tells whether `value` is what stands in `meta` for where a journal is sent to. */
export function isShippedTo(value: string): boolean {
  return parsed(value) !== undefined;
}

function write(writer: JournalWriter, file: string, note: ShippedTo): void {
  const { depot, seq, digest } = note;
  if (depot.length > longestAddress) throw new TypeError("the address of a depot is too long");
  translating("write", file, () => {
    databaseOf(writer)
      .prepare<[string]>("INSERT OR REPLACE INTO meta VALUES ('shipped', ?)")
      .run(JSON.stringify({ depot, seq, digest }));
    writer.sync();
  });
}

function noteIn(db: Database.Database): ShippedTo | undefined {
  const value = db
    .prepare<[], string>("SELECT value FROM meta WHERE key = 'shipped' AND length(value) < 8000")
    .pluck()
    .get();
  return value === undefined ? undefined : parsed(value);
}

function parsed(text: string): ShippedTo | undefined {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return undefined;
  }
  if (typeof value !== "object" || value === null) return undefined;
  const { depot, seq, digest, ...rest } = value as Partial<Record<string, unknown>>;
  const isOne =
    typeof depot === "string" &&
    depot.length <= longestAddress &&
    typeof seq === "number" &&
    Number.isSafeInteger(seq) &&
    seq >= 0 &&
    typeof digest === "string" &&
    (seq === 0 ? digest === "" : /^[0-9a-f]{64}$/.test(digest)) &&
    Object.keys(rest).length === 0;
  return isOne ? { depot, seq: seq as Seq, digest } : undefined;
}
