import { type KeyObject, sign, verify } from "node:crypto";
import type Database from "better-sqlite3";
import { journalId } from "../file/connection.ts";
import { Damage } from "../file/damage.ts";
import type { Seq } from "../format/event.ts";
import { databaseOf } from "../interface/handle.ts";
import type { JournalWriter } from "../interface/journal.ts";
import { derOf, fingerprintOf, keyOfDer } from "./key.ts";
import { translating } from "../interface/storage-error.ts";
import { whileWriting } from "../writer/writer.ts";

/** A signed head: the events up to `seq` are the same as when the holder of the key signed. */
export interface Signature {
  readonly seq: Seq;
  /** The chain's digest at that event, in hex. */
  readonly digest: string;
  /** The SHA-256 of the public key, in hex. */
  readonly fingerprint: string;
}

/** Signs the head of a journal with an Ed25519 private key, and stores the signature in it. Throws JournalError. */
export function signHead(file: string, key: KeyObject): Signature {
  return whileWriting(file, undefined, (writer) => {
    const { seq, digest } = writer.digest();
    const der = derOf(key);
    const bytes = headSignature(key, writer.id, seq, digest);
    put(writer, file, { seq, key: der, digest: Buffer.from(digest, "hex"), bytes });
    return { seq, digest, fingerprint: fingerprintOf(der) };
  });
}

/**
 * Invariant J20: each signature is of a commit of this journal, by the key beside it. Returns the last one of each key,
 * sorted by seq. Only somebody who has the public key from elsewhere can tell whose it is.
 */
export function checkSignatures(db: Database.Database): Signature[] {
  const id = journalId(db);
  const commit = db.prepare<[number], Buffer>("SELECT digest FROM chain WHERE seq = ?").pluck();
  const last = new Map<string, Signature>();
  for (const { seq, key, digest, bytes } of db
    .prepare<[], SignatureRow>("SELECT seq, key, digest, bytes FROM signature ORDER BY seq, key")
    .iterate()) {
    const hex = digest.toString("hex");
    const open = keyOfDer(key);
    if (open === undefined || !verify(null, signedBytes(id, seq, hex), open, bytes))
      throw new Damage(`the signature of the head at event ${seq} is damaged`);
    if (commit.get(seq)?.equals(digest) !== true)
      throw new Damage(`the head that was signed at event ${seq} is not in the chain`, seq);
    const fingerprint = fingerprintOf(key);
    last.delete(fingerprint);
    last.set(fingerprint, { seq, digest: hex, fingerprint });
  }
  return [...last.values()];
}

interface SignatureRow {
  readonly seq: Seq;
  readonly key: Buffer;
  readonly digest: Buffer;
  readonly bytes: Buffer;
}

/** Signs a head: the chain's digest, in hex, at event `seq` of the journal with this id. */
export function headSignature(key: KeyObject, id: string, seq: number, digest: string): Buffer {
  return sign(null, signedBytes(id, seq, digest), key);
}

/** Tells whether a signature of a head is by this public key, which is DER. */
export function isHeadSignature(
  key: Buffer,
  { id, seq, digest, bytes }: { id: string; seq: number; digest: string; bytes: Buffer },
): boolean {
  const open = keyOfDer(key);
  return open !== undefined && verify(null, signedBytes(id, seq, digest), open, bytes);
}

/** A signature of a head that somebody else made, with their public key. */
export interface HeadSignature {
  readonly seq: number;
  readonly digest: Buffer;
  /** The public key as DER. */
  readonly key: Buffer;
  readonly bytes: Buffer;
}

/** Throws TypeError for a signature that is not of a commit of this journal, or not by the key beside it. */
export function requireSignature(
  writer: JournalWriter,
  file: string,
  { seq, digest, key, bytes }: HeadSignature,
): void {
  const held = databaseOf(writer)
    .prepare<[number], Buffer>("SELECT digest FROM chain WHERE seq = ?")
    .pluck();
  const signed = { id: writer.id, seq, digest: digest.toString("hex"), bytes };
  if (held.get(seq)?.equals(digest) !== true || !isHeadSignature(key, signed))
    throw new TypeError(`no signature of event ${seq} of ${file}`);
}

/** Stores a signature. Throws JournalError. */
export function put(
  writer: JournalWriter,
  file: string,
  { seq, key, digest, bytes }: HeadSignature,
): void {
  translating("sign", file, () => {
    databaseOf(writer)
      .prepare<[number, Buffer, Buffer, Buffer]>(
        "INSERT OR REPLACE INTO signature VALUES (?, ?, ?, ?)",
      )
      .run(seq, key, digest, bytes);
    writer.sync();
  });
}

/** Returns the bytes to sign, which name the journal and the commit. */
function signedBytes(id: string, seq: number, digest: string): Buffer {
  return Buffer.from(`rewindfs head 1\n${id} ${seq} ${digest}\n`);
}
