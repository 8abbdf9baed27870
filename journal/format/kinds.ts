import {
  type ByteEncoding,
  type Encoding,
  exitCode,
  extents,
  flag,
  limits,
  listOf,
  mode,
  number,
  numberOf,
  replaced,
  text,
  textOf,
  u64,
} from "./encoding.ts";
import type {
  AccessFact,
  Draft,
  Event,
  Fact,
  Ino,
  Kind,
  Mutation,
  MutationFact,
  RunKind,
  Seq,
  TapePosition,
} from "./event.ts";

/** The place of a field in a row. */
export type Column =
  /** Of the place that the event is about; a place has ino 0 where its event has no `ino`. */
  | "ino"
  | "path"
  | "parent"
  | "start"
  | "size"
  /** Under its name in the JSON of `detail`. */
  | "detail"
  /** In the row of `moved`. */
  | "to-parent"
  | "to-path"
  /** Nowhere: it is the tape's length after the event less the event's `length`. */
  | "end-of-tape";

/** A field that came later than its kind. */
export interface Since {
  /** The version of an event's bytes that has it at the end. Each is the only one of its kind, and they ascend. */
  readonly version: number;
  /** The first format whose events can have it. */
  readonly format: number;
}

/** A field that each event of its kind has. */
interface AlwaysField<T> {
  readonly presence: "always";
  readonly encoding: Encoding<T>;
  readonly column: Column;
}

/** A field that an event may lack. */
interface MaybeField<T> {
  readonly presence: "optional" | Since;
  readonly encoding: Encoding<T>;
  readonly column: Column;
}

/** The inode that a rename replaced: its bytes say themselves if there is one, and `moved` has two columns for it. */
interface ReplacedField<T> {
  readonly presence: "said";
  readonly encoding: ByteEncoding<T | undefined>;
  readonly column: "replaced";
}

/** A name: it is the last segment of a path, and is not kept again. */
interface NameField {
  readonly presence: "derived";
  readonly from: "path" | "to";
}

/** Any field, where its type does not matter. */
export type Field = AlwaysField<unknown> | MaybeField<unknown> | ReplacedField<unknown> | NameField;

type FieldOf<T> = undefined extends T
  ? MaybeField<Exclude<T, undefined>> | ReplacedField<Exclude<T, undefined>>
  : AlwaysField<T> | NameField;

type EffectOf<K extends Kind> = K extends MutationFact["kind"]
  ? "mutation"
  : K extends AccessFact["kind"]
    ? "access"
    : "control";

/** All that the file knows of a kind of event. */
export interface Definition<K extends Kind = Kind> {
  /** The number that stands for it in the file. Never changed, and never used again. */
  readonly code: number;
  /** The first format that has it; the first of all unless given. */
  readonly format?: number;
  readonly effect: EffectOf<K>;
  /** The row has a `detail` even where it is empty. */
  readonly detail?: "always";
  /** In the order of its bytes, and of its `detail`. Optional ones stand one after another. */
  readonly fields: {
    readonly [Name in Exclude<keyof Extract<Fact, { readonly kind: K }>, "kind">]-?: FieldOf<
      Extract<Fact, { readonly kind: K }>[Name]
    >;
  };
}

const inode = { ino: always(numberOf<Ino>(), "ino"), path: always(text, "path") };
const entry = { ...inode, parent: always(numberOf<Ino>(), "parent"), name: nameFrom("path") };
const offset = always(number, "start");
const length = always(number, "size");
const size = length;
const said = { mode: since({ version: 2, format: 4 }, mode, "size") };
const kept = always(flag, "detail");

/**
 * The kinds of events: what journal/DESIGN.md says of them, their bytes, their rows, what is checked of them and what the
 * views print all follow from here. The compiler holds each to the type of its fact.
 */
export const kinds: { readonly [K in Kind]: Definition<K> } = {
  create: { code: 1, effect: "mutation", fields: { ...entry, ...said } },
  mkdir: { code: 2, effect: "mutation", fields: { ...entry, ...said } },
  symlink: { code: 3, effect: "mutation", fields: { ...entry, target: always(text, "detail") } },
  link: { code: 4, effect: "mutation", fields: entry },
  unlink: { code: 5, effect: "mutation", fields: { ...entry, kept } },
  rmdir: { code: 6, effect: "mutation", fields: { ...entry, kept } },
  rename: {
    code: 7,
    effect: "mutation",
    fields: {
      ...entry,
      toParent: always(numberOf<Ino>(), "to-parent"),
      to: always(text, "to-path"),
      toName: nameFrom("to"),
      replaced: { presence: "said", encoding: replaced, column: "replaced" },
    },
  },
  write: {
    code: 8,
    effect: "mutation",
    fields: { ...inode, offset, length, tape: always(numberOf<TapePosition>(), "end-of-tape") },
  },
  "set-size": { code: 9, effect: "mutation", fields: { ...inode, size } },
  "set-times": {
    code: 10,
    effect: "mutation",
    detail: "always",
    fields: { ...inode, atime: optional(u64, "detail"), mtime: optional(u64, "detail") },
  },
  revert: {
    code: 11,
    effect: "mutation",
    fields: { ...inode, size, extents: always(extents, "detail") },
  },
  "run-start": {
    code: 12,
    effect: "control",
    fields: {
      cause: always(textOf<RunKind>(), "detail"),
      guest: always(text, "detail"),
      args: always(listOf(text), "detail"),
      environment: always(listOf(text), "detail"),
      digest: always(text, "detail"),
      limits: always(limits, "detail"),
    },
  },
  "run-end": {
    code: 13,
    effect: "control",
    fields: { exit: always(exitCode, "detail"), reason: optional(text, "detail") },
  },
  mark: {
    code: 14,
    effect: "control",
    fields: { name: always(text, "detail"), at: always(numberOf<Seq>(), "detail") },
  },
  fail: {
    code: 15,
    effect: "control",
    fields: {
      path: always(text, "path"),
      operation: always(text, "detail"),
      error: always(text, "detail"),
      count: always(number, "detail"),
      limit: optional(text, "detail"),
    },
  },
  read: { code: 16, effect: "access", fields: { ...inode, offset, length } },
  open: { code: 17, effect: "access", fields: inode },
  "set-mode": { code: 18, format: 4, effect: "mutation", fields: { ...inode, ...said } },
  listing: {
    code: 19,
    format: 5,
    effect: "mutation",
    fields: {
      ino: always(numberOf<Ino>(), "detail"),
      path: always(text, "detail"),
      from: always(text, "detail"),
      first: always(numberOf<Ino>(), "detail"),
      entries: always(number, "detail"),
      promised: always(number, "detail"),
      start: always(numberOf<TapePosition>(), "start"),
      length,
      tape: always(numberOf<TapePosition>(), "end-of-tape"),
    },
  },
  fetch: {
    code: 20,
    format: 5,
    effect: "control",
    fields: {
      path: always(text, "detail"),
      start: always(numberOf<TapePosition>(), "start"),
      length,
      tape: always(numberOf<TapePosition>(), "end-of-tape"),
    },
  },
};

function always<T>(encoding: Encoding<T>, column: Column): AlwaysField<T> {
  return { presence: "always", encoding, column };
}

function optional<T>(encoding: Encoding<T>, column: Column) {
  return { presence: "optional", encoding, column } as const;
}

function since<T>(presence: Since, encoding: Encoding<T>, column: Column) {
  return { presence, encoding, column } as const;
}

function nameFrom(from: "path" | "to"): NameField {
  return { presence: "derived", from };
}

/** The kinds with their definitions, in the order of their codes. */
export const definitions: readonly (readonly [Kind, Definition])[] = Object.entries(kinds)
  .map(([kind, definition]) => [kind as Kind, definition] as const)
  .sort(([, one], [, other]) => one.code - other.code);

/** Makes something of each kind. */
export function byKind<T>(make: (kind: Kind) => T): Readonly<Record<Kind, T>> {
  return Object.fromEntries(definitions.map(([kind]) => [kind, make(kind)])) as Record<Kind, T>;
}

/** The fields of a kind, in order. */
export function fieldsOf(kind: Kind): readonly (readonly [name: string, field: Field])[] {
  return Object.entries(kinds[kind].fields);
}

const kindsByCode: readonly (Kind | undefined)[] = Array.from(
  { length: Math.max(...definitions.map(([, { code }]) => code)) + 1 },
  (_, code) => definitions.find(([, definition]) => definition.code === code)?.[0],
);

/** The kind a number stands for, or undefined where it stands for none. */
export function kindOfCode(code: number): Kind | undefined {
  return kindsByCode[code];
}

/** Events of these kinds have no place, and by that the index finds them. */
export const placeless: ReadonlySet<Kind> = new Set(
  definitions.map(([kind]) => kind).filter((kind) => !hasColumn(kind, "path")),
);

/** Those of them that tell of runs and moments; there are few. */
export const telling: ReadonlySet<Kind> = new Set(
  [...placeless].filter((kind) => !hasColumn(kind, "end-of-tape")),
);

/** An event that has bytes on the tape. */
export type WithBytes = Extract<Event, { readonly tape: TapePosition }>;

/** Tells whether an event has bytes on the tape. */
export function hasBytes<T extends { readonly kind: Kind }>(
  event: T,
): event is Extract<T, { readonly kind: WithBytes["kind"] }> {
  return event.kind === "write" || event.kind === "fetch" || event.kind === "listing";
}

/** Returns how many bytes an event adds to the tape. */
export function bytesAdded(event: Fact): number {
  return hasBytes(event) ? event.length : 0;
}

/** A fact by the names of its fields. */
export type Values = Record<string, unknown>;

/** The value of a field of a fact; undefined where it lacks that. */
export function valueOf(fact: Fact | Draft, name: string): unknown {
  return (fact as unknown as Values)[name];
}

/** Tells whether a kind has a field there. */
export function hasColumn(kind: Kind, column: Column): boolean {
  return fieldsOf(kind).some(([, field]) => "column" in field && field.column === column);
}

/** Tells the events that change the tree from those that only tell of it. */
export function isMutation(event: Event): event is Mutation {
  return kinds[event.kind].effect === "mutation";
}
