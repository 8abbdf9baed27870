import { type KeyObject, sign } from "node:crypto";
import type { Pool, PoolClient } from "pg";
import {
  type PackHead,
  type PackState,
  decodePackHead,
  derOf,
  emptyState,
  headSignature,
} from "../../../journal/index.ts";
import { type HeadAnswer, signedView } from "../protocol/protocol.ts";
import { shellWord } from "../protocol/shell-word.ts";
import { adopt, putObject } from "./objects/garbage.ts";
import { requireUnheld } from "./removing/holds.ts";
import {
  type JournalName,
  type JournalRow,
  keyOf,
  rowOf,
  wellFormed,
} from "./database/journal-row.ts";
import type { Objects } from "./objects/objects.ts";
import { MalformedInThread, type PackThread } from "./pack-threads.ts";
import {
  type LateSpans,
  type Rewritten,
  keepSpans,
  lateSpansOf,
  putInForce,
  rewrite,
} from "./removing/redact.ts";
import { RefusedError } from "./requests/refused.ts";
import { Turns } from "./requests/turns.ts";
import { transaction } from "./database/transaction.ts";

/** A pack as it was sent. */
export interface Sent {
  /** Names the journal where it is. */
  readonly called: string;
  /** The name of the token. */
  readonly sender: string;
  /** Tells whether who sends it may remove what was received, and so send to each journal of the tenant. */
  readonly mayErase: boolean;
}

/** A pack that was looked at. */
interface Judged {
  readonly first: number;
  /** The state after it. */
  readonly next: PackState;
  readonly late: LateSpans;
  /** The generation before it. */
  readonly generation: number;
}

/** The object of a pack in the store, and the packs that it has written anew there. */
interface Put {
  readonly object: string;
  readonly rewritten: readonly Rewritten[];
}

/** Most packs that are unpacked at a time: one of a few kilobytes can unpack to many megabytes. */
const packsUnpacked = 4;
/** Most packs of a tenant that are on their way to the store at a time: fewer than the connections to the database. */
const putsOfTenant = 8;

/** Receives packs: checks them against what is there, keeps them, and moves the head. */
export class Receiver {
  readonly #pool: Pool;
  readonly #objects: Objects;
  readonly #key: KeyObject;
  readonly #thread: PackThread;
  /** A pack is in memory unpacked only in its turn, and nobody waits for the store in one. */
  readonly #checks = new Turns(packsUnpacked);
  readonly #puts = new Turns(Number.POSITIVE_INFINITY, putsOfTenant);

  constructor(pool: Pool, objects: Objects, key: KeyObject, thread: PackThread) {
    this.#pool = pool;
    this.#objects = objects;
    this.#key = key;
    this.#thread = thread;
  }

  /** Returns the head of a journal, signed. Throws RefusedError for one that was erased. */
  async head(name: JournalName): Promise<HeadAnswer> {
    const row = await rowOf(this.#pool, name);
    return row === undefined ? unknown : this.#answer(name, row.state, row.generation);
  }

  /**
   * Takes the next pack of a journal, and returns the head once it is kept. One that does not follow is refused with
   * 409, one that is not what its digests say with 422, one of another sender than the journal's with 403, and the head
   * stays as it is. What it redacts of earlier packs is gone from them once it is kept, which not everybody may do. Throws
   * RefusedError.
   */
  async take(name: JournalName, bytes: Buffer, sent: Sent): Promise<HeadAnswer> {
    const { tenant } = name;
    const judged = await this.#checks.take(tenant, () => this.#judge(name, bytes, sent));
    const put = await this.#puts.take(tenant, () => this.#put(name, bytes, judged));
    return await this.#checks.take(tenant, () =>
      this.#keep(name, bytes, { ...sent, ...judged, ...put }),
    );
  }

  /** Looks at a pack, and keeps nothing. Throws RefusedError for one that is not to be taken. */
  async #judge(name: JournalName, bytes: Buffer, { sender, mayErase }: Sent): Promise<Judged> {
    const pack = wellFormed(() => decodePackHead(bytes));
    if (pack.id !== name.journal)
      throw new RefusedError(400, `the pack is of another journal, ${pack.id}`);
    const row = await rowOf(this.#pool, name);
    if (row !== undefined && !mayErase) requireSender(row, name, sender);
    const before = row?.state ?? emptyState(pack);
    if (pack.first !== before.seq + 1 || pack.before.toString("hex") !== before.digest)
      throw this.#astray(name, row);
    const next = await this.#checked(bytes, before);
    const late = await lateSpansOf(this.#pool, name, pack, {
      before: before.lastRun,
      after: next.lastRun,
    });
    if (late.haveBytes && !mayErase)
      throw new RefusedError(403, "the journal was redacted, and the token lacks the scope erase", {
        hint: "ship it once with a token of scopes append,erase; the bytes are here until then",
      });
    return { first: pack.first, next, late, generation: row?.generation ?? 0 };
  }

  /** Puts a pack into the store, and those that it redacts, written anew. */
  async #put(name: JournalName, bytes: Buffer, { first, late }: Judged): Promise<Put> {
    const [pool, objects] = [this.#pool, this.#objects];
    const rewritten = late.spans.length === 0 ? [] : await rewrite(pool, objects, name, late.spans);
    return { rewritten, object: await putObject(pool, objects, name, first, bytes) };
  }

  /** Makes a pack that is in the store the journal's next one. */
  async #keep(
    name: JournalName,
    bytes: Buffer,
    { called, sender, mayErase, next, late, generation, rewritten, object }: Sent & Judged & Put,
  ): Promise<HeadAnswer> {
    const pack = decodePackHead(bytes);
    const isTaken = await transaction(this.#pool, async (client) => {
      if (late.haveBytes) await requireUnheld(client, name);
      const advanced = { pack, next, called, sender, mayErase, bytes: bytes.length };
      if (!(await advance(client, name, advanced))) return false;
      await client.query(
        `INSERT INTO pack (tenant, journal, generation, first, last, object, bytes, late, tape, tape_end)
        SELECT $1, $2, generation, $3, $4, $5, $6, $7, $8, $9
        FROM journal WHERE tenant = $1 AND journal = $2`,
        [
          ...keyOf(name),
          pack.first,
          pack.last,
          object,
          bytes.length,
          JSON.stringify(lateOf(pack)),
          pack.tape,
          pack.tapeEnd,
        ],
      );
      await adopt(client, object);
      if (rewritten.length > 0) await putInForce(client, name, rewritten);
      await keepSpans(client, name, pack.redacted);
      return true;
    });
    if (isTaken) return this.#answer(name, next, generation + Number(rewritten.length > 0));
    const row = await rowOf(this.#pool, name);
    // It may have been given to another sender meanwhile.
    if (row !== undefined && !mayErase) requireSender(row, name, sender);
    throw this.#astray(name, row);
  }

  /** Returns the state after a pack. It is looked at in a thread, as it may take seconds. */
  async #checked(bytes: Buffer, before: PackState): Promise<PackState> {
    try {
      return await this.#thread.ask({ of: "check", bytes, before });
    } catch (error) {
      if (error instanceof MalformedInThread) throw new RefusedError(422, error.message);
      throw error;
    }
  }

  /** Refuses a pack that does not begin at the head, and says where it is: the sender may have lost an answer. */
  #astray(name: JournalName, row: JournalRow | undefined): RefusedError {
    const known = row === undefined ? unknown : this.#answer(name, row.state, row.generation);
    return new RefusedError(409, `the journal goes on from event ${known.head} here`, { known });
  }

  /** Signs the head of a view, and the view. */
  signView(
    name: JournalName,
    {
      seq,
      digest,
      generation,
      bytes,
    }: { seq: number; digest: string; generation: number; bytes: Buffer },
  ): { readonly head: HeadAnswer; readonly signature: string } {
    const head = this.#answer(name, { seq, digest }, generation);
    return {
      head,
      signature: sign(null, signedView(name.journal, bytes), this.#key).toString("base64"),
    };
  }

  #answer(
    { journal }: JournalName,
    { seq, digest }: Pick<PackState, "seq" | "digest">,
    generation: number,
  ): HeadAnswer {
    const signature = headSignature(this.#key, journal, seq, digest).toString("base64");
    const key = derOf(this.#key).toString("base64");
    return { head: seq, digest, generation, receipt: { key, signature } };
  }
}

const unknown: HeadAnswer = { head: 0, digest: "", generation: 0 };

/**
 * Throws RefusedError for a token of another name than the journal's sender: a machine that was taken over adds nothing to
 * what others record, and cannot lead it astray.
 */
function requireSender(row: JournalRow, { journal }: JournalName, sender: string): void {
  if (row.sender === "" || row.sender === sender) return;
  throw new RefusedError(403, `another token than ${sender} sends the journal`, {
    hint: `if it is to go on from here, who runs the depot gives it to this token: rewindfs depot reassign ${journal} --name ${shellWord(sender)}`,
  });
}

interface Advance extends Sent {
  readonly pack: PackHead;
  readonly next: PackState;
  readonly bytes: number;
}

/** Moves the head, if nobody else did. A journal without a sender gets one, unless who sends it may send each. */
async function advance(
  client: PoolClient,
  name: JournalName,
  { pack, next, called, sender, mayErase, bytes }: Advance,
): Promise<boolean> {
  const values = [...keyOf(name), JSON.stringify(next), next.seq, Buffer.from(next.digest, "hex")];
  if (pack.first === 1) {
    const { rowCount } = await client.query(
      `INSERT INTO journal (tenant, journal, state, head, digest, bytes, created, name, sender)
      VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) ON CONFLICT DO NOTHING`,
      [...values, bytes, pack.created, called, sender],
    );
    return rowCount === 1;
  }
  const { rowCount } = await client.query(
    `UPDATE journal SET state = $3, head = $4, digest = $5, bytes = bytes + $6, received = now(),
      sender = CASE WHEN sender = '' AND NOT $10 THEN $9 ELSE sender END
    WHERE tenant = $1 AND journal = $2 AND head = $7 AND digest = $8 AND erased IS NULL
    AND (sender IN ('', $9) OR $10)`,
    [...values, bytes, pack.first - 1, pack.before, sender, mayErase],
  );
  return rowCount === 1;
}

/** Returns the spans before a pack that its runs redacted. */
function lateOf({ redacted, tape }: PackHead): { start: number; length: number }[] {
  return redacted
    .filter(({ start }) => start < tape)
    .map(({ start, length }) => ({ start, length }));
}
