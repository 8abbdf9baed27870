import { verify } from "node:crypto";
import { isHeadSignature, keyOfDer } from "../../../journal/index.ts";
import {
  type FoundRun,
  type FoundRuns,
  type HeadAnswer,
  type ListedJournals,
  type PackEntry,
  type RedactedAnswer,
  type Refusal,
  type ViewAnswer,
  signedView,
} from "../protocol/protocol.ts";

/** The key and the signature of Ed25519 have 44 and 64 bytes. */
const base64 = /^[A-Za-z0-9+/=]{1,100}$/;
/** Most bytes of what is said of a view. */
const mostSaid = 64 * 1024;
/** Most entries of a list in one answer. */
const mostListed = 10_000;

/*
 * These read what a depot answers, which is not trusted: the depot may be another's, or something else that answers at
 * its address. Each throws TypeError for what is not of its shape.
 */

export function headIn(value: unknown): HeadAnswer {
  const { head, digest, generation, receipt } = fieldsOf(value);
  const known = {
    head: countIn(head),
    digest: digest === "" && head === 0 ? "" : fitting(digest, /^[0-9a-f]{64}$/),
    generation: countIn(generation),
  };
  if (receipt === undefined) return known;
  const { key, signature } = fieldsOf(receipt);
  return {
    ...known,
    receipt: { key: fitting(key, base64), signature: fitting(signature, base64) },
  };
}

/** A view of a journal, and the depot's word for it. */
export interface RemoteView extends ViewAnswer {
  readonly bytes: Buffer;
}

/** Reads the answer to a question for a view, which must be signed by the key of the head's receipt. */
export function viewIn(journal: string, answer: Buffer): RemoteView {
  const length = answer.readUInt32LE();
  if (length > answer.length - 4 || length > mostSaid)
    throw new TypeError("an answer is too short");
  const { head, maker, signature, received } = fieldsOf(
    JSON.parse(answer.toString("utf8", 4, 4 + length)),
  );
  const bytes = answer.subarray(4 + length);
  const known = headIn(head);
  const said = {
    head: known,
    maker: fitting(maker, /^[\w-]{1,100}$/),
    signature: fitting(signature, base64),
    received: received === undefined ? known.head : countIn(received),
    bytes,
  };
  const key = keyOfDer(Buffer.from(known.receipt?.key ?? "", "base64"));
  if (
    key === undefined ||
    !isSignedHead(journal, known) ||
    !verify(null, signedView(journal, bytes), key, Buffer.from(said.signature, "base64"))
  )
    throw new TypeError("a view is not signed");
  return said;
}

/** Tells whether a head is signed by the key of its receipt. */
export function isSignedHead(id: string, { head: seq, digest, receipt }: HeadAnswer): boolean {
  return (
    receipt !== undefined &&
    isHeadSignature(Buffer.from(receipt.key, "base64"), {
      id,
      seq,
      digest,
      bytes: Buffer.from(receipt.signature, "base64"),
    })
  );
}

export function packsIn(value: unknown): readonly PackEntry[] {
  return listIn(value).map((one) => {
    const { first, last, bytes, late } = fieldsOf(one);
    return {
      first: countIn(first),
      last: countIn(last),
      bytes: countIn(bytes),
      late: listIn(late, Number.MAX_SAFE_INTEGER).map((span) => {
        const { start, length } = fieldsOf(span);
        return { start: countIn(start), length: countIn(length) };
      }),
    };
  });
}

export function journalsIn(value: unknown): ListedJournals {
  const { journals, next } = fieldsOf(value);
  const entries = listIn(journals).map((one) => {
    const { journal, name, sender, events, bytes, received } = fieldsOf(one);
    return {
      journal: textIn(journal),
      name: textIn(name),
      sender: textIn(sender),
      events: countIn(events),
      bytes: countIn(bytes),
      received: textIn(received),
    };
  });
  return { journals: entries, ...(next === undefined ? {} : { next: textIn(next) }) };
}

export function runsIn(value: unknown): FoundRuns {
  const { runs, next } = fieldsOf(value);
  return { runs: listIn(runs).map(runIn), ...(next === undefined ? {} : { next: textIn(next) }) };
}

function runIn(value: unknown): FoundRun {
  const { journal, name, sender, run, kind, guest, args, labels, started, ended, exit, ...rest } =
    fieldsOf(value);
  const { reason, first, last, refused, paths } = rest;
  if (exit !== null && typeof exit !== "number")
    throw new TypeError("the exit code is not a number");
  const texts = Object.entries(fieldsOf(labels)).map(([key, text]) => [key, textIn(text)] as const);
  return {
    journal: textIn(journal),
    name: textIn(name),
    sender: textIn(sender),
    run: countIn(run),
    kind: textIn(kind),
    guest: textIn(guest),
    args: listIn(args).map(textIn),
    labels: Object.fromEntries(texts),
    started: textIn(started),
    ended: ended === null ? null : textIn(ended),
    exit,
    ...(reason === undefined ? {} : { reason: textIn(reason) }),
    first: countIn(first),
    last: countIn(last),
    refused: countIn(refused),
    ...(paths === undefined ? {} : { paths: listIn(paths).map(textIn) }),
  };
}

export function redactedIn(value: unknown): RedactedAnswer {
  const { spans, bytes } = fieldsOf(value);
  return { spans: countIn(spans), bytes: countIn(bytes) };
}

export function refusalIn(value: unknown): Refusal {
  const { error, hint, known } = fieldsOf(value);
  return {
    error: textIn(error),
    ...(hint === undefined ? {} : { hint: textIn(hint) }),
    ...(known === undefined ? {} : { known: headIn(known) }),
  };
}

function fieldsOf(value: unknown): Readonly<Record<string, unknown>> {
  if (typeof value !== "object" || value === null || Array.isArray(value))
    throw new TypeError("an object is missing");
  return value as Readonly<Record<string, unknown>>;
}

function listIn(value: unknown, most = mostListed): readonly unknown[] {
  if (!Array.isArray(value) || value.length > most)
    throw new TypeError("a list is missing, or too long");
  return value;
}

function textIn(value: unknown): string {
  if (typeof value !== "string") throw new TypeError("a text is missing");
  return value;
}

function fitting(value: unknown, shape: RegExp): string {
  const text = textIn(value);
  if (!shape.test(text)) throw new TypeError("a text is of another shape");
  return text;
}

function countIn(value: unknown): number {
  if (typeof value !== "number" || !Number.isSafeInteger(value) || value < 0)
    throw new TypeError("a number is not a count");
  return value;
}
