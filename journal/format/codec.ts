import { ByteReader, type ByteWriter, MalformedError } from "./bytes.ts";
import { type ByteEncoding, choice, textIn } from "./encoding.ts";
import {
  type Event,
  type Fact,
  type Ino,
  type Kind,
  type Name,
  parseName,
  type RunNumber,
  type Seq,
  type TapePosition,
} from "./event.ts";
import { byKind, fieldsOf, kindOfCode, kinds, valueOf, type Values } from "./kinds.ts";

/** Version of the canonical encoding, the first byte of every event, but of one with a field that came later. */
export const codecVersion = 1;

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
  const { added } = codecs[event.kind];
  const version = added.length === 0 ? codecVersion : versionOf(event, added);
  to.byte(version);
  to.byte(kinds[event.kind].code);
  to.varint(event.seq);
  to.u64(event.time);
  to.varint(event.run);
  to.varint(tapeAfter);
  if (event.kind === "write") encodeWrite(to, event);
  else encodeFact(to, event);
  if (version !== codecVersion) encodeAdded(to, event, added, version);
}

/** Returns the event whose bytes these are, all of them from `start` to `stop`. Throws MalformedError. */
export function decodeEvent(bytes: Buffer, start = 0, stop = bytes.length): Decoded {
  const from = new ByteReader(bytes, start, stop);
  const version = from.byte();
  const kind = kindOfCode(from.byte());
  if (kind === undefined) throw new MalformedError("unknown kind of event");
  const seq = from.varint() as Seq;
  const time = from.u64();
  const run = from.varint() as RunNumber;
  const tapeAfter = from.varint();
  const event =
    kind === "write" && version === codecVersion
      ? decodeWrite(from, seq, time, run)
      : { ...decodeFact(from, kind, version), seq, time, run };
  if (from.at !== stop) throw new MalformedError("an event is longer than it need be");
  return { event, tapeAfter };
}

type WriteEvent = Extract<Event, { readonly kind: "write" }>;

// Most events are writes: in one piece they cost a third of what the table makes of them.
function encodeWrite(to: ByteWriter, { ino, path, offset, length, tape }: WriteEvent): void {
  to.varint(ino);
  to.text(path);
  to.varint(offset);
  to.varint(length);
  to.varint(tape);
}

function decodeWrite(from: ByteReader, seq: Seq, time: bigint, run: RunNumber): WriteEvent {
  const ino = from.varint() as Ino;
  const path = from.text();
  const offset = from.varint();
  const length = from.varint();
  const tape = from.varint() as TapePosition;
  return { kind: "write", ino, path, offset, length, tape, seq, time, run };
}

function encodeFact(to: ByteWriter, fact: Fact): void {
  const { always, optional } = codecs[fact.kind];
  for (const { name, encoding } of always)
    if (encoding !== undefined) encoding.write(to, valueOf(fact, name));
  if (optional.length === 0) return;
  const there = optional.filter(({ name }) => valueOf(fact, name) !== undefined);
  to.byte(there.reduce((bits, { bit }) => bits | bit, 0));
  for (const { name, encoding } of there) encoding.write(to, valueOf(fact, name));
}

function decodeFact(from: ByteReader, kind: Kind, version: number): Fact {
  const { always, optional, added } = codecs[kind];
  const fact: Values = { kind };
  for (const { name, encoding, path } of always) {
    const value = encoding === undefined ? nameOf(textIn(fact[path])) : encoding.read(from);
    if (value !== undefined) fact[name] = value;
  }
  if (optional.length > 0) {
    const bits = choice(from, 2 ** optional.length - 1);
    for (const { bit, name, encoding } of optional)
      if ((bits & bit) !== 0) fact[name] = encoding.read(from);
  }
  if (version !== codecVersion) decodeAdded(from, fact, added, version);
  return fact as Fact;
}

/** Returns the version of the newest field that an event has. */
function versionOf(fact: Fact, added: readonly AddedField[]): number {
  // No closure: it is asked for each event.
  for (let index = added.length - 1; index >= 0; index -= 1) {
    const field = added[index];
    if (field !== undefined && valueOf(fact, field.name) !== undefined) return field.version;
  }
  return codecVersion;
}

/** The newest stands at the very end; before it stand those that came between, a byte before each. */
function encodeAdded(
  to: ByteWriter,
  fact: Fact,
  added: readonly AddedField[],
  newest: number,
): void {
  for (const { name, version, encoding } of added) {
    if (version > newest) return;
    const value = valueOf(fact, name);
    if (version < newest) to.byte(value === undefined ? 0 : 1);
    if (value !== undefined) encoding.write(to, value);
  }
}

function decodeAdded(
  from: ByteReader,
  fact: Values,
  added: readonly AddedField[],
  newest: number,
): void {
  if (!added.some(({ version }) => version === newest))
    throw new MalformedError("a version that events of its kind do not have");
  for (const { name, version, encoding } of added) {
    if (version > newest) return;
    if (version === newest || choice(from, 1) === 1) fact[name] = encoding.read(from);
  }
}

/** A field that is written; or a name, which the path tells. */
type AlwaysField =
  | { readonly name: string; readonly encoding: ByteEncoding<unknown>; readonly path?: never }
  | { readonly name: string; readonly encoding?: never; readonly path: string };

/** `bit`: of the byte that says which are there. */
interface OptionalField {
  readonly name: string;
  readonly encoding: ByteEncoding<unknown>;
  readonly bit: number;
}

interface AddedField {
  readonly name: string;
  readonly encoding: ByteEncoding<unknown>;
  readonly version: number;
}

/** The fields of a kind in the order of their bytes. */
interface Codec {
  readonly always: readonly AlwaysField[];
  readonly optional: readonly OptionalField[];
  readonly added: readonly AddedField[];
}

const codecs = byKind(codecOf);

function codecOf(kind: Kind): Codec {
  const always: AlwaysField[] = [];
  const optional: OptionalField[] = [];
  const added: AddedField[] = [];
  for (const [name, field] of fieldsOf(kind)) {
    if (field.presence === "derived") always.push({ name, path: field.from });
    else if (field.presence === "optional")
      optional.push({ name, encoding: field.encoding, bit: 1 << optional.length });
    else if (typeof field.presence === "object")
      added.push({ name, encoding: field.encoding, version: field.presence.version });
    else always.push({ name, encoding: field.encoding });
  }
  return { always, optional, added };
}

/** Returns the last segment of an entry's path. Throws MalformedError where no entry can be called that. */
export function nameOf(path: string): Name {
  const name = parseName(path.slice(path.lastIndexOf("/") + 1));
  if (name === undefined) throw new MalformedError("a path ends in no name");
  return name;
}
