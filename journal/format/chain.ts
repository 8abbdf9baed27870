import { createHash, hash, type Hash } from "node:crypto";
import { codecVersion } from "./codec.ts";

/** Digest of the commit before the first: it binds the journal's id and its time of birth. */
export function genesis(id: string, created: string): Buffer {
  return createHash("sha256")
    .update(`rewindfs journal ${codecVersion}\n${id}\n${created}\n`)
    .digest();
}

/** Digest of the commit that a base ends with, where the events before it were never in the journal, which is a fork. */
export function foundation(first: Uint8Array, base: Uint8Array): Buffer {
  return createHash("sha256").update(first).update(`rewindfs base\n`).update(base).digest();
}

/** Returns the hash of a commit under way: feed it the canonical bytes of its events, then take its digest. */
export function commitHash(previous: Uint8Array): Hash {
  return createHash("sha256").update(previous);
}

/** Digest of a commit, from all the canonical bytes of its events. */
export function commitDigest(previous: Uint8Array, canonical: Uint8Array): Buffer {
  return commitHash(previous).update(canonical).digest();
}

/** SHA-256 of a payload, as text of 32 Latin-1 characters: of the forms a digest can be had in the cheapest. */
export function payloadDigest(payload: Uint8Array): string {
  return hash("sha256", payload, "binary");
}
