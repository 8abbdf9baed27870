import { type ByteReader, type ByteWriter, MalformedError } from "./bytes.ts";
import { bytesOfText, columnOfText, isByteText, textOfColumn } from "./byte-text.ts";
import {
  type Extent,
  type Ino,
  largestMode,
  mostLabelBytes,
  mostLabelNameBytes,
  mostLabels,
  mostXattrNameBytes,
  type SpecialType,
  specialTypes,
  type TapePosition,
} from "./event.ts";

/** Writes a value into the canonical bytes of an event, and reads it from there. */
export interface ByteEncoding<T> {
  /** The name in journal/DESIGN.md. */
  readonly bytes: string;
  write(to: ByteWriter, value: T): void;
  /** Throws MalformedError. */
  read(from: ByteReader): T;
  /** Throws TypeError for a value that no correct caller gives; numbers `write` checks. */
  check?(this: void, value: T): void;
}

/** And into a column of its row, or into the JSON of `detail`. */
export interface Encoding<T> extends ByteEncoding<T> {
  /** The words of journal/DESIGN.md for its form in `detail`, if it needs any. */
  readonly json?: string;
  toColumn(value: T): unknown;
  /** Throws MalformedError. */
  fromColumn(value: unknown): T;
}

/** A whole number from 0 to 2^53 - 1. */
export const number: Encoding<number> = {
  bytes: "number",
  write: (to, value) => to.varint(value),
  read: (from) => from.varint(),
  toColumn: same,
  fromColumn: whole,
};

/** A number of a branded type. */
export function numberOf<T extends number>(): Encoding<T> {
  return number as Encoding<number> as Encoding<T>;
}

export const text: Encoding<string> = {
  bytes: "text",
  write: (to, value) => to.text(value),
  read: (from) => wellFormed(from.text()),
  toColumn: same,
  fromColumn: (value) => wellFormed(textIn(value)),
  check: checkText,
};

/** The text of a name or path, which may be no UTF-8: see `isByteText`. */
export const byteText: Encoding<string> = {
  bytes: "bytes",
  write: (to, value) => to.text(value),
  read: (from) => from.text(),
  toColumn: columnOfText,
  fromColumn: (value) => textOfColumn(textIn(value)),
  check: (value) => {
    if (!isByteText(value))
      throw new TypeError(`a text with half a surrogate pair: ${JSON.stringify(value)}`);
  },
};

/** The name of an extended attribute. */
export const xattrName: Encoding<string> = {
  ...byteText,
  read: (from) => xattrNameIn(from.text()),
  fromColumn: (value) => xattrNameIn(byteText.fromColumn(value)),
  check: (value) => {
    byteText.check?.(value);
    if (!isXattrName(value)) throw new TypeError(`no name of an attribute: ${value}`);
  },
};

function xattrNameIn(name: string): string {
  if (!isXattrName(name)) throw new MalformedError("the name of an attribute is none");
  return name;
}

/** Tells whether an extended attribute can be called that. */
export function isXattrName(name: string): boolean {
  return name !== "" && !name.includes("\0") && bytesOfText(name).length <= mostXattrNameBytes;
}

/** The type of a special file. */
export const specialType: Encoding<SpecialType> = {
  bytes: "byte",
  json: specialTypes.map((type) => `"${type}"`).join(" or "),
  write: (to, value) => to.byte(specialTypes.indexOf(value)),
  read: (from) => specialTypes[choice(from, specialTypes.length - 1)] ?? "fifo",
  toColumn: same,
  fromColumn: (value) => {
    const type = specialTypes.find((one) => one === value);
    if (type === undefined) throw new MalformedError("a type of file that does not exist");
    return type;
  },
  check: (value) => {
    if (!specialTypes.includes(value)) throw new TypeError(`a file of type ${value as string}`);
  },
};

/** A text of a type with few values; they are not checked. */
export function textOf<T extends string>(): Encoding<T> {
  return text as Encoding<string> as Encoding<T>;
}

/** Permission bits. */
export const mode: Encoding<number> = {
  ...number,
  read: (from) => modeIn(from.varint()),
  fromColumn: (value) => modeIn(whole(value)),
  check: (value) => {
    if (!Number.isSafeInteger(value) || value < 0 || value > largestMode)
      throw new TypeError(`a mode of ${value}`);
  },
};

export const flag: Encoding<boolean> = {
  bytes: "byte",
  json: "true, or left out",
  write: (to, value) => to.byte(value ? 1 : 0),
  read: (from) => choice(from, 1) === 1,
  // A flag that is not set is left out.
  toColumn: (value) => (value ? true : undefined),
  fromColumn: (value) => value !== undefined,
};

/** Nanoseconds; decimal digits in JSON, whose numbers are too small for it. */
export const u64: Encoding<bigint> = {
  bytes: "u64",
  json: "decimal text, below 2^64",
  write: (to, value) => to.u64(value),
  read: (from) => from.u64(),
  toColumn: (value) => value.toString(),
  fromColumn: (value) => {
    const digits = textIn(value);
    if (!/^[0-9]{1,20}$/.test(digits)) throw new MalformedError("a time is no number");
    const time = BigInt(digits);
    if (time >= 1n << 64n) throw new MalformedError("a time is too large");
    return time;
  },
};

/** A whole number of either sign. */
export const exitCode: Encoding<number> = {
  bytes: "f64",
  json: "whole number",
  write: (to, value) => to.f64(value),
  read: (from) => exitCodeIn(from.f64()),
  toColumn: same,
  fromColumn: exitCodeIn,
  check: (value) => {
    if (!Number.isSafeInteger(value) || Object.is(value, -0))
      throw new TypeError(`an exit code of ${value}`);
  },
};

function exitCodeIn(value: unknown): number {
  if (!Number.isSafeInteger(value) || Object.is(value, -0))
    throw new MalformedError("an exit code is no whole number");
  return Number(value);
}

export function listOf<T>(item: Encoding<T>): Encoding<readonly T[]> {
  return {
    bytes: `list of ${item.bytes}`,
    json: `list of ${item.json ?? item.bytes}`,
    write: (to, values) => {
      to.varint(values.length);
      for (const value of values) item.write(to, value);
    },
    read: (from) => {
      const count = from.varint();
      const all: T[] = [];
      for (let index = 0; index < count; index++) all.push(item.read(from));
      return all;
    },
    toColumn: (values) => values.map((value) => item.toColumn(value)),
    fromColumn: (value) => listIn(value).map((one) => item.fromColumn(one)),
    check: (values) => {
      for (const value of values) item.check?.(value);
    },
  };
}

const extent: Encoding<Extent> = {
  bytes: "(number offset, number length, number 0 for a hole or tape position + 1)",
  json: "[offset, length, tape position or null for a hole]",
  write: (to, { offset, length, tape }) => {
    to.varint(offset);
    to.varint(length);
    to.varint(tape === "hole" ? 0 : tape + 1);
  },
  read: (from) => {
    const range = { offset: from.varint(), length: from.varint() };
    const tape = from.varint();
    return { ...range, tape: tape === 0 ? "hole" : ((tape - 1) as TapePosition) };
  },
  toColumn: ({ offset, length, tape }) => [offset, length, tape === "hole" ? null : tape],
  fromColumn: (value) => {
    const [offset, length, tape] = listIn(value);
    return {
      offset: whole(offset),
      length: whole(length),
      tape: tape === null ? "hole" : (whole(tape) as TapePosition),
    };
  },
};

export const extents = listOf(extent);

const limit: Encoding<readonly [string, number]> = {
  bytes: "(text name, f64 value)",
  json: '[name, number or "unlimited"]',
  write: (to, [name, value]) => {
    to.text(name);
    to.f64(value);
  },
  read: (from) => [text.read(from), from.f64()],
  toColumn: ([name, value]) => [name, Number.isFinite(value) ? value : "unlimited"],
  fromColumn: (pair) => {
    const [name, value] = listIn(pair);
    if (value === "unlimited") return [text.fromColumn(name), Number.POSITIVE_INFINITY];
    if (typeof value !== "number") throw new MalformedError("a limit is no number");
    return [text.fromColumn(name), value];
  },
  check: ([name, value]) => {
    checkText(name);
    if (!(value >= 0) || Object.is(value, -0)) throw new TypeError(`the limit ${name} is ${value}`);
  },
};

const limitList = listOf(limit);

export const limits: Encoding<ReadonlyMap<string, number>> = {
  bytes: limitList.bytes,
  json: `list of ${limit.json}`,
  write: (to, value) => limitList.write(to, [...value]),
  read: (from) => new Map(limitList.read(from)),
  toColumn: (value) => limitList.toColumn([...value]),
  fromColumn: (value) => new Map(limitList.fromColumn(value)),
  check: (value) => limitList.check?.([...value]),
};

const label: Encoding<readonly [string, string]> = {
  bytes: "(text name, text)",
  json: "[name, text]",
  write: (to, [name, value]) => {
    to.text(name);
    to.text(value);
  },
  read: (from) => [text.read(from), text.read(from)],
  toColumn: same,
  fromColumn: (pair) => {
    const [name, value] = listIn(pair);
    return [text.fromColumn(name), text.fromColumn(value)];
  },
  check: ([name, value]) => {
    checkText(name);
    checkText(value);
  },
};

const labelList = listOf(label);

/** The labels of a run, within bounds. */
export const labels: Encoding<ReadonlyMap<string, string>> = {
  bytes: labelList.bytes,
  json: labelList.json ?? "",
  write: (to, value) => labelList.write(to, [...value]),
  read: (from) => labelsIn(labelList.read(from)),
  toColumn: (value) => labelList.toColumn([...value]),
  fromColumn: (value) => labelsIn(labelList.fromColumn(value)),
  check: (value) => {
    labelList.check?.([...value]);
    const fault = faultOfLabels(value);
    if (fault !== undefined) throw new TypeError(fault);
  },
};

function labelsIn(pairs: readonly (readonly [string, string])[]): ReadonlyMap<string, string> {
  const found = new Map(pairs);
  const fault = found.size < pairs.length ? "a label is there twice" : faultOfLabels(found);
  if (fault !== undefined) throw new MalformedError(fault);
  return found;
}

/** Says why these are no labels of a run; undefined where they are. */
export function faultOfLabels(found: ReadonlyMap<string, string>): string | undefined {
  if (found.size === 0) return "there are no labels";
  if (found.size > mostLabels) return `there are more than ${mostLabels} labels`;
  for (const [name, value] of found) {
    if (name === "") return "a label has no name";
    if (Buffer.byteLength(name) > mostLabelNameBytes)
      return `the name of a label has more than ${mostLabelNameBytes} bytes`;
    if (Buffer.byteLength(value) > mostLabelBytes)
      return `a label has more than ${mostLabelBytes} bytes`;
  }
  return undefined;
}

/** The inode that a rename replaced. */
export interface Replaced {
  readonly ino: Ino;
  readonly kept: boolean;
}

/** A rename may replace nothing. */
export const replaced: ByteEncoding<Replaced | undefined> = {
  bytes: "byte 0 / 1 replaced / 2 replaced and kept, then number replaced ino",
  write: (to, value) => {
    if (value === undefined) return to.byte(0);
    to.byte(value.kept ? 2 : 1);
    to.varint(value.ino);
  },
  read: (from) => {
    const which = choice(from, 2);
    return which === 0 ? undefined : { ino: from.varint() as Ino, kept: which === 2 };
  },
};

/** A byte up to `largest`. */
export function choice(from: ByteReader, largest: number): number {
  const byte = from.byte();
  if (byte > largest) throw new MalformedError("a choice that does not exist");
  return byte;
}

/** Returns the whole number from 0 on that a value is. Throws MalformedError. */
export function whole(value: unknown): number {
  if (typeof value !== "number" || !Number.isSafeInteger(value) || value < 0) {
    throw new MalformedError("a number is missing or out of range");
  }
  return value;
}

/** Returns the text that a value is. Throws MalformedError. */
export function textIn(value: unknown): string {
  if (typeof value !== "string") throw new MalformedError("a text is missing");
  return value;
}

function listIn(value: unknown): readonly unknown[] {
  if (!Array.isArray(value)) throw new MalformedError("a list is missing");
  return value;
}

function modeIn(value: number): number {
  if (value > largestMode) throw new MalformedError("a mode is too large");
  return value;
}

function wellFormed(value: string): string {
  if (!value.isWellFormed()) throw new MalformedError("a text is not in UTF-8");
  return value;
}

function checkText(value: string): void {
  if (!value.isWellFormed())
    throw new TypeError(`a text with half a surrogate pair: ${JSON.stringify(value)}`);
}

function same<T>(value: T): T {
  return value;
}
