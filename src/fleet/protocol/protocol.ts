import { createHash } from "node:crypto";

/** Says how far a depot has a journal. */
export interface HeadAnswer {
  /** The last event that the depot has, 0 for a journal that it does not know. */
  readonly head: number;
  /** The chain's digest there, in hex; empty for a journal that it does not know. */
  readonly digest: string;
  /** Grows when packs are removed or rewritten: what was read before is then out of date. */
  readonly generation: number;
  /** The depot's signature of the head; absent for a journal that it does not know. */
  readonly receipt?: Receipt;
}

/** A signature of a head, as `rewindfs sign` makes one. */
export interface Receipt {
  /** The public key as DER (SubjectPublicKeyInfo), and the Ed25519 signature; both in base64. */
  readonly key: string;
  readonly signature: string;
}

/** A pack that a depot has. */
export interface PackEntry {
  readonly first: number;
  readonly last: number;
  readonly bytes: number;
  /** Spans of the tape before it that its runs redacted. */
  readonly late: readonly { readonly start: number; readonly length: number }[];
}

/** A journal in a list of them. Times are RFC 3339. */
export interface JournalEntry {
  readonly journal: string;
  readonly name: string;
  /** The name of the token that its first events came with. */
  readonly sender: string;
  readonly events: number;
  readonly bytes: number;
  readonly received: string;
}

/** A run that a search found. Times are RFC 3339. */
export interface FoundRun {
  readonly journal: string;
  readonly name: string;
  /** The name of the token that the journal's first events came with. */
  readonly sender: string;
  readonly run: number;
  readonly kind: string;
  readonly guest: string;
  readonly args: readonly string[];
  readonly labels: Readonly<Record<string, string>>;
  readonly started: string;
  readonly ended: string | null;
  readonly exit: number | null;
  readonly reason?: string;
  readonly first: number;
  readonly last: number;
  readonly refused: number;
  /** Paths that the search asked for, up to some of them. */
  readonly paths?: readonly string[];
}

/** A part of what a search finds; `next` is what to search `after` for more, and absent where there are none. */
export interface FoundRuns {
  readonly runs: readonly FoundRun[];
  readonly next?: string;
}

/** A part of a tenant's journals, likewise. */
export interface ListedJournals {
  readonly journals: readonly JournalEntry[];
  readonly next?: string;
}

/** A search among runs; every field narrows it. */
export interface RunSearch {
  /** Paths that were changed: exact, or a glob. */
  readonly path?: string;
  /** Paths whose calls were refused, likewise; "**" for any. */
  readonly refused?: string;
  /** The SHA-256 of a file's bytes, in hex: runs that changed a file and left it with these. */
  readonly digest?: string;
  readonly labels?: Readonly<Record<string, string>>;
  /** A glob for the program. */
  readonly guest?: string;
  readonly exit?: number;
  /** RFC 3339; runs that started from then, or before then. */
  readonly since?: string;
  readonly until?: string;
  readonly journal?: string;
  /** Most runs in an answer; the newest come first. */
  readonly limit?: number;
  /** Only those that come after this place, which an answer named. */
  readonly after?: string;
}

/** Says what a redaction removed from a depot. */
export interface RedactedAnswer {
  readonly spans: number;
  readonly bytes: number;
}

/** Says why a depot did not do what it was asked. */
export interface Refusal {
  readonly error: string;
  readonly hint?: string;
  /** The depot's head, for a sender whose pack does not follow on it. */
  readonly known?: HeadAnswer;
}

export const mostFound = 1_000;
/** Most spans that are redacted with one request. */
export const mostSpansAsked = 100_000;
/** Most bytes of one pack. */
export const mostPackBytes = 256 * 1024 * 1024;

/** A depot's account of a view of a journal, which follows as bytes. */
export interface ViewAnswer {
  /** The head of the view, signed as one. */
  readonly head: HeadAnswer;
  /** The last event that the depot has: where it is later than the head, a later view is being made. */
  readonly received: number;
  /** Names those who made its parts: ranges are asked for under it. */
  readonly maker: string;
  /** The depot's signature of the view, by the key of the head's receipt; base64. */
  readonly signature: string;
}

/** Returns the bytes that a depot signs for a view: they bind it to its journal. */
export function signedView(journal: string, view: Uint8Array): Buffer {
  const digest = createHash("sha256").update(view).digest("hex");
  return Buffer.from(`rewindfs view 1\n${journal} ${digest}\n`);
}

/** Asks for ranges of a journal's packs and of the parts of its views. The answer is their bytes, end to end. */
export interface RangesRequest {
  readonly generation: number;
  readonly maker: string;
  readonly ranges: readonly AskedRange[];
}

/** A range of the pack with these first and last events, or of a part with that number. */
export type AskedRange =
  | readonly ["pack", first: number, last: number, start: number, length: number]
  | readonly ["part", number: number, start: number, length: number];

export const mostRanges = 4_096;
/** Most bytes of ranges in one answer. */
export const mostRangeBytes = 96 * 1024 * 1024;
