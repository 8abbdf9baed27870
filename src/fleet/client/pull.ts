import { existsSync, renameSync, rmSync } from "node:fs";
import { dirname } from "node:path";
import {
  decodePack,
  filesOf,
  keepSignature,
  openReader,
  openUnpacking,
} from "../../../journal/index.ts";
import type { HeadAnswer } from "../protocol/protocol.ts";
import { isSignedHead } from "./answers.ts";
import type { Depot } from "./depot.ts";
import { DepotError } from "./error.ts";

/** The result of pulling. */
export interface Pulled {
  readonly journal: string;
  readonly head: number;
  /** The chain's digest there, in hex. */
  readonly digest: string;
  readonly bytes: number;
  /** The events of the copy: more than `head` where it has a run of its own, which says what was redacted. */
  readonly events: number;
}

/**
 * Makes a journal at `file`, which must not exist, with all that a depot has of one: the same events under the same id
 * and digests, each checked. What a later run redacted is redacted in it, and where the depot redacted by itself it has
 * one run more, which says so. What is written anew there meanwhile is fetched again. The file appears when it is whole.
 * Throws DepotError, and JournalError of the file.
 */
export async function pull(
  depot: Depot,
  journal: string,
  file: string,
  onPack: (last: number, head: number) => void = () => {},
): Promise<Pulled> {
  if (existsSync(file)) throw new DepotError("usage", `${file} exists`, "name another file");
  const folder = dirname(file);
  if (!existsSync(folder))
    throw new DepotError("usage", `there is no folder ${folder}`, "make it first, or name another");
  for (let attempt = 1; ; attempt += 1) {
    const head = await depot.head(journal);
    if (head.head === 0)
      throw new DepotError(
        "missing",
        `${depot.url} has no journal ${journal}`,
        "`rewindfs find` lists runs",
      );
    requireSigned(journal, head);
    const isSame = async () => (await depot.head(journal)).generation === head.generation;
    const part = `${file}-pulled`;
    try {
      const bytes = await pullAs(depot, journal, part, head, onPack);
      if (attempt < mostAttempts && !(await isSame())) continue;
      keep(part, head);
      const events = eventsIn(part);
      renameSync(part, file);
      return { journal, head: head.head, digest: head.digest, bytes, events };
    } catch (error) {
      const mayPass = error instanceof DepotError && passing.has(error.code);
      if (attempt >= mostAttempts || !mayPass || (await isSame())) throw error;
    } finally {
      for (const left of filesOf(part)) rmSync(left, { force: true });
    }
  }
}

/** Failures that come of a journal which is written anew meanwhile, and attempts until they count. */
const passing: ReadonlySet<string> = new Set(["missing", "damaged"]);
const mostAttempts = 5;

/** Makes the journal `part` of the packs up to a head, and returns the number of their bytes. */
async function pullAs(
  depot: Depot,
  journal: string,
  part: string,
  head: HeadAnswer,
  onPack: (last: number, head: number) => void,
): Promise<number> {
  const { firsts, late } = await listUpTo(depot, journal, head.head);
  for (const left of filesOf(part)) rmSync(left, { force: true });
  let bytes = 0;
  let unpacking: ReturnType<typeof openUnpacking> | undefined;
  try {
    for (const first of firsts) {
      const encoded = await depot.pack(journal, first);
      bytes += encoded.length;
      let last = 0;
      whole(`the pack from event ${first} on`, () => {
        const pack = decodePack(encoded);
        unpacking ??= openUnpacking(part, pack, late);
        if (pack.id !== journal) throw new DepotError("damaged", "it is of another journal");
        unpacking.add(pack);
        last = pack.last;
      });
      onPack(last, head.head);
    }
    if (unpacking?.digest() !== head.digest)
      throw new DepotError(
        "damaged",
        `the packs of ${journal} do not make its head, event ${head.head}`,
      );
    whole(`what was redacted of ${journal}`, () => unpacking?.close());
    unpacking = undefined;
    return bytes;
  } finally {
    unpacking?.abandon();
  }
}

/** Most packs of a journal, and most spans that were redacted after they had been sent. */
const mostPacks = 10_000_000;
const mostLate = 1_000_000;

/** The first event of each pack, and the spans that later ones redact. */
interface Listed {
  readonly firsts: readonly number[];
  readonly late: readonly { readonly start: number; readonly length: number }[];
}

/** Lists the packs that make the events up to `head`: more may come meanwhile. */
async function listUpTo(depot: Depot, journal: string, head: number): Promise<Listed> {
  const firsts: number[] = [];
  const late: Listed["late"][number][] = [];
  let after = 0;
  while (after < head) {
    const before = after;
    for (const entry of await depot.packs(journal, after)) {
      if (entry.first !== after + 1 || entry.last < entry.first || entry.last > head) break;
      firsts.push(entry.first);
      for (const span of entry.late) late.push(span);
      after = entry.last;
    }
    if (after === before)
      throw new DepotError("damaged", `${depot.url} lacks the events after ${after} of ${journal}`);
    if (firsts.length > mostPacks || late.length > mostLate)
      throw new DepotError("damaged", `${depot.url} lists no end of packs of ${journal}`);
  }
  return { firsts, late };
}

/** Keeps the depot's signature in the copy, where `verify` shows it. */
function keep(part: string, { head: seq, digest, receipt }: HeadAnswer): void {
  if (receipt === undefined) return;
  const [key, bytes] = [receipt.key, receipt.signature].map((text) => Buffer.from(text, "base64"));
  if (key === undefined || bytes === undefined) return;
  keepSignature(part, { seq, digest: Buffer.from(digest, "hex"), key, bytes });
}

function eventsIn(file: string): number {
  const journal = openReader(file);
  try {
    return journal.head();
  } finally {
    journal.close();
  }
}

function requireSigned(id: string, head: HeadAnswer): void {
  if (!isSignedHead(id, head))
    throw new DepotError("damaged", `the depot's signature of event ${head.head} is not valid`);
}

function whole(what: string, act: () => void): void {
  try {
    act();
  } catch (error) {
    if (!(error instanceof Error && error.name === "MalformedError")) throw error;
    throw new DepotError("damaged", `${what} is not whole: ${error.message}`, undefined, error);
  }
}
