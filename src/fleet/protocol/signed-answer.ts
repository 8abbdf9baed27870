import { createHash } from "node:crypto";

/** A header of a request: 32 hex digits that the client made up. The answer is signed together with them. */
export const challengeHeader = "rewindfs-challenge";
/** Headers of an answer: the depot's public key as DER (SubjectPublicKeyInfo), and its Ed25519 signature; in base64. */
export const keyHeader = "rewindfs-key";
export const signatureHeader = "rewindfs-signature";

export const challengeShape: RegExp = /^[0-9a-f]{32}$/;

/** An answer, and the request that it answers. */
export interface AnswerToSign {
  readonly challenge: string;
  readonly method: string;
  /** The request's path and query, from `/v1` on. */
  readonly path: string;
  readonly status: number;
  readonly body: Uint8Array;
}

/** Returns the bytes that a depot signs for an answer: it is of no use for another request, nor for the same again. */
export function signedAnswer({ challenge, method, path, status, body }: AnswerToSign): Buffer {
  const digest = createHash("sha256").update(body).digest("hex");
  return Buffer.from(
    `rewindfs answer 1\n${challenge} ${method} ${JSON.stringify(path)} ${status} ${digest}\n`,
  );
}
