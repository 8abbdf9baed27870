import { createHash } from "node:crypto";
import { realpathSync } from "node:fs";

import {
  BreachError,
  type Event,
  JournalError,
  type Keeper,
  type PromisedFile,
  listedPath,
  pieceAt,
  promisedFrom,
  readPromised,
  unread,
  unreadable,
} from "../../../../journal/index.ts";
import type { RunFolder } from "../../protocol/keeper-protocol.ts";
import { type ReadableTape, rangesWithin } from "./tape-ranges.ts";

/** A piece that the guest's process was given, and must record before it asks for another one. */
interface Given {
  readonly start: number;
  readonly length: number;
  readonly path: string;
  readonly digest: string;
}

/** The most files that are named in notes. */
const mostNamed = 5;

/**
 * Reads promised bytes for a guest's process: only those that a listing promised and the guest may see, from folders
 * that the user gave for this run, and only while the file is as it was listed. The process records them; what it
 * records must be what it was given.
 */
export class PromisedFiles {
  readonly #keeper: Pick<Keeper, "journal" | "take">;
  readonly #folders: readonly RunFolder[];
  #given: Given | undefined;
  readonly #refused = new Map<string, string>();
  #more = 0;

  constructor(keeper: Pick<Keeper, "journal" | "take">, folders: readonly RunFolder[]) {
    this.#keeper = keeper;
    this.#folders = folders.map(({ host, guest }) => ({
      host: realPath(host),
      guest: plain(guest),
    }));
  }

  /** Returns the answer to a question for a promised byte. Throws JournalError, BreachError, and RangeError. */
  answer(position: number, tape: ReadableTape): Buffer {
    this.#keeper.take();
    if (this.#given !== undefined) throw new BreachError("promised bytes that it did not record");
    if (!Number.isSafeInteger(position) || position < promisedFrom)
      throw new RangeError("a question for bytes that nobody promised");
    if (rangesWithin(tape.ranges, position, position + 1).length === 0)
      throw new BreachError("a question for promised bytes that it may not see");
    const { journal } = this.#keeper;
    const fetched = journal.fetched?.(position);
    if (fetched !== undefined) {
      const { start, length, tape: at } = fetched;
      return pieceAnswer(start, length, at);
    }
    const file = journal.promised?.(position);
    if (file === undefined) throw new RangeError("a question for bytes that nobody promised");
    const { start, offset, length } = pieceAt(file, position);
    const bytes = this.#read(file, offset, length);
    const path = listedPath(file);
    this.#given = { start, length, path, digest: digestOf(bytes) };
    const name = Buffer.from(path);
    const size = Buffer.alloc(4);
    size.writeUInt32LE(name.length);
    return Buffer.concat([pieceAnswer(start, length, -1), size, name, bytes]);
  }

  /** Throws BreachError unless a fetch records what the process was given. */
  admit({ start, length, path }: Event & { readonly kind: "fetch" }, payload: Buffer): void {
    const given = this.#given;
    const isGiven =
      given?.start === start &&
      given.length === length &&
      given.path === path &&
      given.digest === digestOf(payload);
    if (!isGiven) throw new BreachError("promised bytes that it was not given");
    this.#given = undefined;
  }

  /** Tells which files could not be read. */
  notes(): readonly string[] {
    const named = Array.from(this.#refused.values());
    return this.#more === 0 ? named : [...named, `So it is with ${this.#more} more.`];
  }

  #read(file: PromisedFile, offset: number, length: number): Buffer {
    const folder =
      this.#folders.find(({ host }) => host === file.from) ??
      this.#folders.find(({ guest }) => guest === file.top);
    if (folder === undefined) throw this.#refuse(file, unread(file));
    const bytes = readPromised(folder.host, file, offset, length);
    if (typeof bytes !== "string") return bytes;
    const place = `${folder.host}/${file.below}`;
    const message = `The bytes of ${place} could not be read: ${unreadable[bytes]}; the program got an I/O error.`;
    throw this.#refuse(file, new JournalError("unread", message));
  }

  #refuse(file: PromisedFile, error: JournalError): JournalError {
    const { message, hint } = error;
    if (this.#refused.has(file.below)) return error;
    if (this.#refused.size < mostNamed)
      this.#refused.set(file.below, hint === undefined ? message : `${message} Hint: ${hint}`);
    else this.#more += 1;
    return error;
  }
}

function pieceAnswer(start: number, length: number, tape: number): Buffer {
  const answer = Buffer.alloc(24);
  answer.writeDoubleLE(start, 0);
  answer.writeDoubleLE(length, 8);
  answer.writeDoubleLE(tape, 16);
  return answer;
}

function digestOf(bytes: Uint8Array): string {
  return createHash("sha256").update(bytes).digest("hex");
}

function realPath(path: string): string {
  try {
    return realpathSync(path);
  } catch {
    return path;
  }
}

/** Returns a path in the filesystem as the journal has it. */
function plain(guest: string): string {
  return `/${guest
    .split("/")
    .filter((name) => name !== "" && name !== ".")
    .join("/")}`;
}
