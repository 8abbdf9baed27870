import { basename } from "node:path";
import {
  JournalError,
  type Pack,
  encodePack,
  isHeadSignature,
  keepDestination,
  keepReceipt,
  openPacking,
  openReader,
  shippedTo,
} from "../../../journal/index.ts";
import type { HeadAnswer } from "../protocol/protocol.ts";
import { AstrayError } from "./calling.ts";
import type { Depot } from "./depot.ts";
import { DepotError } from "./error.ts";
import { explained } from "./part-redacted.ts";

/** The result of shipping. */
export interface Shipped {
  /** The journal's id. */
  readonly journal: string;
  /** The last event that the depot has. */
  readonly head: number;
  /** The amounts that were sent this time. */
  readonly events: number;
  readonly packs: number;
  readonly bytes: number;
  /** Tells whether the depot's signature of the head is in the journal now. */
  readonly isSigned: boolean;
}

export interface ShipOptions {
  /** Names the journal at the depot. Default: its file's name. */
  readonly name?: string;
  /** Called with each pack that the depot has taken. */
  readonly onPack?: (last: number, events: number) => void;
  /** "no": keeps nothing in the journal, which a run that goes on has for itself. Default: "yes". */
  readonly keeps?: "yes" | "no";
}

/**
 * Sends what a depot does not have yet of what is committed to a journal, a pack at a time, and returns when it has all
 * that was there when the last pack was made: of a journal in use, which always has a little more, that is sent the next
 * time. Nothing is remembered here: the depot says where to go on. Nobody waits for this. Throws DepotError ("diverged"
 * if the depot has other events), and JournalError.
 */
export async function ship(
  file: string,
  depot: Depot,
  { name = basename(file), onPack, keeps = "yes" }: ShipOptions = {},
): Promise<Shipped> {
  if (keeps === "yes" && noteOf(file)?.depot !== depot.url)
    unlessInUse(() => keepDestination(file, depot.url));
  const { id } = withPacking(file, (packing) => ({ id: packing.id }));
  let known = await depot.head(id);
  const first = known.head;
  let [packs, bytes] = [0, 0];
  for (;;) {
    const next = withPacking(file, (packing) => nextPack(packing, known, depot.url, file));
    if (next === undefined) break;
    const { pack, isFull, foldedTape } = next;
    const encoded = encodePack(pack);
    try {
      known = later(known, await depot.send(id, encoded, name), depot.url);
    } catch (error) {
      // Somebody else sends the same journal, or an answer was lost.
      if (!(error instanceof AstrayError)) {
        if (packs > 0 && keeps === "yes") keep(file, id, known, depot.url);
        throw explained(error, { pack, foldedTape, file, url: depot.url });
      }
      known = later(known, error.known, depot.url);
      continue;
    }
    packs += 1;
    bytes += encoded.length;
    onPack?.(pack.last, pack.last - pack.first + 1);
    if (!isFull) break;
  }
  const isSigned = keeps === "yes" && keep(file, id, known, depot.url);
  return { journal: id, head: known.head, events: known.head - first, packs, bytes, isSigned };
}

/** Returns the new head. Throws DepotError for one that is not further on: what is sent would never come to an end. */
function later(before: HeadAnswer, now: HeadAnswer, url: string): HeadAnswer {
  const isSame = now.head === before.head && now.digest === before.digest;
  if (now.head >= before.head && !isSame) return now;
  throw new DepotError(
    "damaged",
    `${url} had the events up to ${before.head}, and has them up to ${now.head} after more were sent`,
    "if an older backup was put back there, ship again",
  );
}

type Packing = ReturnType<typeof openPacking>;

/** Opens the journal for one pack only: between two packs, a command that needs it alone can have it. */
function withPacking<T>(file: string, act: (packing: Packing) => T): T {
  const journal = openReader(file);
  try {
    return act(openPacking(journal));
  } finally {
    journal.close();
  }
}

function nextPack(
  packing: Packing,
  { head, digest }: HeadAnswer,
  url: string,
  file: string,
): { readonly pack: Pack; readonly isFull: boolean; readonly foldedTape: number } | undefined {
  if (head > 0 && packing.digestAt(head) !== digest)
    throw new DepotError(
      "diverged",
      `${url} has other events of the journal ${packing.id} than ${file}, up to event ${head}`,
      "an older copy was put back, or the journal was rewritten; `rewindfs pull` fetches what the depot has",
    );
  if (head < packing.folded)
    throw new DepotError(
      "diverged",
      `the events up to ${packing.folded} of ${file} are folded, and ${url} has them up to ${head} only`,
      "ship before `rewindfs gc`; what is folded cannot be sent any more",
    );
  const pack = packing.after(head);
  const { foldedTape } = packing;
  return pack === undefined ? undefined : { pack, isFull: packing.isFull(pack), foldedTape };
}

/** Returns what the journal itself says of where it is sent to. */
function noteOf(file: string): ReturnType<typeof shippedTo> {
  const journal = openReader(file);
  try {
    return shippedTo(journal);
  } finally {
    journal.close();
  }
}

/**
 * Keeps the depot's signature in the journal, so that a later change of what it has shows. Returns false if it cannot
 * now.
 */
function keep(
  file: string,
  id: string,
  { head: seq, digest, receipt }: HeadAnswer,
  url: string,
): boolean {
  if (receipt === undefined) return false;
  const key = Buffer.from(receipt.key, "base64");
  const bytes = Buffer.from(receipt.signature, "base64");
  if (!isHeadSignature(key, { id, seq, digest, bytes }))
    throw new DepotError("damaged", `the depot's signature of event ${seq} is not valid`);
  const known = noteOf(file);
  if (known?.depot === url && known.seq === seq) return true;
  const signature = { seq, digest: Buffer.from(digest, "hex"), key, bytes };
  return unlessInUse(() => keepReceipt(file, url, signature));
}

/** Writes to the journal. Returns false if another program writes it, or we may not: the next time does it. */
function unlessInUse(act: () => void): boolean {
  try {
    act();
    return true;
  } catch (error) {
    if (error instanceof JournalError) return false;
    throw error;
  }
}
