import { ByteReader, type ByteWriter, MalformedError } from "./bytes.ts";
import {
  type Event,
  type Extent,
  type Fact,
  type Ino,
  type Kind,
  largestMode,
  type Name,
  parseName,
  type RunKind,
  type RunNumber,
  type Seq,
  type TapePosition,
} from "./event.ts";
import { codeOfKind, kindOfCode } from "./kind-code.ts";

/** Version of the canonical encoding: the first byte of every event… */
export const codecVersion = 1;
/** …but of one with a mode, which stands at its end. */
const versionWithMode = 2;

/** An event as its bytes tell it, with the tape's length after it. */
export interface Decoded {
  readonly event: Event;
  readonly tapeAfter: number;
}

/**
 * Appends the bytes of an event: everything the journal stores of it but its payload. They are its canonical bytes; for
 * a write those go on with the SHA-256 of the payload.
 */
export function encodeEvent(to: ByteWriter, event: Event, tapeAfter: number): void {
  const mode = modeIn(event);
  to.byte(mode === undefined ? codecVersion : versionWithMode);
  to.byte(codeOfKind[event.kind]);
  to.varint(event.seq);
  to.u64(event.time);
  to.varint(event.run);
  to.varint(tapeAfter);
  encodeFact(to, event);
  if (mode !== undefined) to.varint(mode);
}

/** The event whose bytes these are, all of them from `start` to `stop`. Throws MalformedError. */
export function decodeEvent(bytes: Buffer, start = 0, stop = bytes.length): Decoded {
  const from = new ByteReader(bytes, start, stop);
  const version = from.byte();
  if (version !== codecVersion && version !== versionWithMode)
    throw new MalformedError("unknown version of an event");
  const kind = kindOfCode(from.byte());
  if (kind === "write" && version !== codecVersion) throw new MalformedError("a write with a mode");
  const seq = from.varint() as Seq;
  const time = from.u64();
  const run = from.varint() as RunNumber;
  const tapeAfter = from.varint();
  const event =
    kind === "write"
      ? decodeWrite(from, seq, time, run)
      : version === codecVersion
        ? { ...decodeFact(from, kind), seq, time, run }
        : { ...decodeWithMode(from, kind), seq, time, run };
  if (from.at !== stop) throw new MalformedError("an event is longer than it need be");
  return { event, tapeAfter };
}

/** The mode that an event says. */
function modeIn(fact: Fact): number | undefined {
  return "mode" in fact ? fact.mode : undefined;
}

function encodeFact(to: ByteWriter, fact: Fact): void {
  switch (fact.kind) {
    case "create":
    case "mkdir":
    case "link":
      return encodeEntry(to, fact);
    case "symlink":
      encodeEntry(to, fact);
      return to.text(fact.target);
    case "unlink":
    case "rmdir":
      encodeEntry(to, fact);
      return to.byte(fact.kept ? 1 : 0);
    case "rename":
      encodeEntry(to, fact);
      to.varint(fact.toParent);
      to.text(fact.to);
      if (fact.replaced === undefined) return to.byte(0);
      to.byte(fact.replaced.kept ? 2 : 1);
      return to.varint(fact.replaced.ino);
    case "write":
      encodeRange(to, fact);
      return to.varint(fact.tape);
    case "read":
      return encodeRange(to, fact);
    case "open":
    case "set-mode":
      return encodeInode(to, fact);
    case "set-size":
      encodeInode(to, fact);
      return to.varint(fact.size);
    case "set-times":
      encodeInode(to, fact);
      to.byte((fact.atime === undefined ? 0 : 1) | (fact.mtime === undefined ? 0 : 2));
      if (fact.atime !== undefined) to.u64(fact.atime);
      if (fact.mtime !== undefined) to.u64(fact.mtime);
      return;
    case "revert":
      encodeInode(to, fact);
      to.varint(fact.size);
      to.varint(fact.extents.length);
      for (const extent of fact.extents) encodeExtent(to, extent);
      return;
    case "run-start":
      to.text(fact.cause);
      to.text(fact.guest);
      encodeTexts(to, fact.args);
      encodeTexts(to, fact.environment);
      to.text(fact.digest);
      to.varint(fact.limits.size);
      for (const [name, value] of fact.limits) {
        to.text(name);
        to.f64(value);
      }
      return;
    case "run-end":
      to.f64(fact.exit);
      return encodeOptional(to, fact.reason);
    case "mark":
      to.text(fact.name);
      return to.varint(fact.at);
    case "fail":
      to.text(fact.path);
      to.text(fact.operation);
      to.text(fact.error);
      to.varint(fact.count);
      return encodeOptional(to, fact.limit);
    default:
      return never(fact);
  }
}

function encodeInode(to: ByteWriter, fact: { readonly ino: Ino; readonly path: string }): void {
  to.varint(fact.ino);
  to.text(fact.path);
}

// The name is the last segment of the path, so it is not written again.
function encodeEntry(
  to: ByteWriter,
  fact: { readonly ino: Ino; readonly path: string; readonly parent: Ino },
): void {
  encodeInode(to, fact);
  to.varint(fact.parent);
}

function encodeRange(
  to: ByteWriter,
  fact: {
    readonly ino: Ino;
    readonly path: string;
    readonly offset: number;
    readonly length: number;
  },
): void {
  encodeInode(to, fact);
  to.varint(fact.offset);
  to.varint(fact.length);
}

function encodeExtent(to: ByteWriter, extent: Extent): void {
  to.varint(extent.offset);
  to.varint(extent.length);
  to.varint(extent.tape === "hole" ? 0 : extent.tape + 1);
}

function encodeTexts(to: ByteWriter, texts: readonly string[]): void {
  to.varint(texts.length);
  for (const text of texts) to.text(text);
}

function encodeOptional(to: ByteWriter, text: string | undefined): void {
  to.byte(text === undefined ? 0 : 1);
  if (text !== undefined) to.text(text);
}

function decodeFact(from: ByteReader, kind: Exclude<Kind, "write"> | undefined): Fact {
  switch (kind) {
    case "create":
    case "mkdir":
    case "link":
      return { kind, ...decodeEntry(from) };
    case "symlink":
      return { kind, ...decodeEntry(from), target: from.text() };
    case "unlink":
    case "rmdir":
      return { kind, ...decodeEntry(from), kept: decodeChoice(from, 1) === 1 };
    case "rename": {
      const entry = decodeEntry(from);
      const toParent = from.varint() as Ino;
      const to = from.text();
      const replaced = decodeChoice(from, 2);
      const fact = { kind, ...entry, toParent, toName: nameOf(to), to };
      return replaced === 0
        ? fact
        : { ...fact, replaced: { ino: from.varint() as Ino, kept: replaced === 2 } };
    }
    case "read":
      return {
        kind,
        ...decodeInode(from),
        offset: from.varint(),
        length: from.varint(),
      };
    case "open":
    case "set-mode":
      return { kind, ...decodeInode(from) };
    case "set-size":
      return { kind, ...decodeInode(from), size: from.varint() };
    case "set-times": {
      const inode = decodeInode(from);
      const which = decodeChoice(from, 3);
      return {
        kind,
        ...inode,
        ...((which & 1) === 0 ? {} : { atime: from.u64() }),
        ...((which & 2) === 0 ? {} : { mtime: from.u64() }),
      };
    }
    case "revert":
      return {
        kind,
        ...decodeInode(from),
        size: from.varint(),
        extents: decodeMany(from, decodeExtent),
      };
    case "run-start":
      return {
        kind,
        cause: from.text() as RunKind,
        guest: from.text(),
        args: decodeMany(from, decodeText),
        environment: decodeMany(from, decodeText),
        digest: from.text(),
        limits: new Map(decodeMany(from, decodeLimit)),
      };
    case "run-end":
      return { kind, exit: from.f64(), ...optional("reason", decodeOptional(from)) };
    case "mark":
      return { kind, name: from.text(), at: from.varint() as Seq };
    case "fail":
      return {
        kind,
        path: from.text(),
        operation: from.text(),
        error: from.text(),
        count: from.varint(),
        ...optional("limit", decodeOptional(from)),
      };
    case undefined:
      throw new MalformedError("unknown kind of event");
    default:
      return never(kind);
  }
}

function decodeWithMode(from: ByteReader, kind: Exclude<Kind, "write"> | undefined): Fact {
  const fact = decodeFact(from, kind);
  if (fact.kind !== "create" && fact.kind !== "mkdir" && fact.kind !== "set-mode")
    throw new MalformedError("a mode where none can be");
  return { ...fact, mode: parseMode(from.varint()) };
}

/** Throws MalformedError for a number that is no mode. */
export function parseMode(mode: number): number {
  if (mode > largestMode) throw new MalformedError("a mode is too large");
  return mode;
}

// Most events are writes: made in one piece, which costs a third of putting one together.
function decodeWrite(from: ByteReader, seq: Seq, time: bigint, run: RunNumber): Event {
  const ino = from.varint() as Ino;
  const path = from.text();
  const offset = from.varint();
  const length = from.varint();
  const tape = from.varint() as TapePosition;
  return { kind: "write", ino, path, offset, length, tape, seq, time, run };
}

function decodeInode(from: ByteReader): { ino: Ino; path: string } {
  return { ino: from.varint() as Ino, path: from.text() };
}

function decodeEntry(from: ByteReader): { ino: Ino; path: string; parent: Ino; name: Name } {
  const inode = decodeInode(from);
  return { ...inode, parent: from.varint() as Ino, name: nameOf(inode.path) };
}

function decodeExtent(from: ByteReader): Extent {
  const range = { offset: from.varint(), length: from.varint() };
  const tape = from.varint();
  return { ...range, tape: tape === 0 ? "hole" : ((tape - 1) as TapePosition) };
}

function decodeLimit(from: ByteReader): [string, number] {
  return [from.text(), from.f64()];
}

function decodeText(from: ByteReader): string {
  return from.text();
}

function decodeMany<T>(from: ByteReader, one: (from: ByteReader) => T): T[] {
  const count = from.varint();
  const all: T[] = [];
  for (let index = 0; index < count; index++) all.push(one(from));
  return all;
}

function decodeOptional(from: ByteReader): string | undefined {
  return decodeChoice(from, 1) === 0 ? undefined : from.text();
}

function decodeChoice(from: ByteReader, largest: number): number {
  const choice = from.byte();
  if (choice > largest) throw new MalformedError("a choice that does not exist");
  return choice;
}

function optional<K extends string>(key: K, value: string | undefined): { [P in K]?: string } {
  return value === undefined ? {} : ({ [key]: value } as { [P in K]?: string });
}

/** The last segment of an entry's path. Throws MalformedError where no entry can be called that. */
export function nameOf(path: string): Name {
  const name = parseName(path.slice(path.lastIndexOf("/") + 1));
  if (name === undefined) throw new MalformedError("a path ends in no name");
  return name;
}

function never(value: never): never {
  throw new TypeError(`no such fact: ${String(value)}`);
}
