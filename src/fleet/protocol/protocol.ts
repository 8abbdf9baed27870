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
  readonly events: number;
  readonly bytes: number;
  readonly received: string;
}

/** A run that a search found. Times are RFC 3339. */
export interface FoundRun {
  readonly journal: string;
  readonly name: string;
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

/** A search among runs; every field narrows it. */
export interface RunSearch {
  /** Paths that were changed: exact, or a glob. */
  readonly path?: string;
  /** Paths whose calls were refused, likewise; "**" for any. */
  readonly refused?: string;
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
export const mostRedacted = 100_000;
/** Most bytes of one pack. */
export const mostPackBytes = 256 * 1024 * 1024;
