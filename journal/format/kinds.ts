import {
  type Encoding,
  exitCode,
  extents,
  flag,
  labels,
  limits,
  listOf,
  mode,
  byteText,
  number,
  numberOf,
  replaced,
  specialType,
  text,
  textOf,
  xattrName,
  u64,
} from "./encoding.ts";
import {
  type Column,
  type Definition,
  type Field,
  type AlwaysField,
  type NameField,
  type Since,
} from "./field.ts";
import type {
  Draft,
  Event,
  Fact,
  Ino,
  Kind,
  Mutation,
  ProcessNumber,
  RunKind,
  Seq,
  TapePosition,
} from "./event.ts";

const place = { ino: always(numberOf<Ino>(), "ino"), path: always(byteText, "path") };
const entryOf = { ...place, parent: always(numberOf<Ino>(), "parent"), name: nameFrom("path") };
/** The last field of its kind, as it came later; of a kind's own fields that came later the versions are 2. */
const by = { by: since({ version: 3, format: 6 }, numberOf<ProcessNumber>(), "process") };
const target = {
  toParent: always(numberOf<Ino>(), "to-parent"),
  to: always(byteText, "to-path"),
  toName: nameFrom("to"),
};
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
  create: { code: 1, effect: "mutation", fields: { ...entryOf, ...said, ...by } },
  mkdir: { code: 2, effect: "mutation", fields: { ...entryOf, ...said, ...by } },
  symlink: {
    code: 3,
    effect: "mutation",
    fields: { ...entryOf, target: always(byteText, "detail"), ...by },
  },
  link: { code: 4, effect: "mutation", fields: { ...entryOf, ...by } },
  unlink: { code: 5, effect: "mutation", fields: { ...entryOf, kept, ...by } },
  rmdir: { code: 6, effect: "mutation", fields: { ...entryOf, kept, ...by } },
  rename: {
    code: 7,
    effect: "mutation",
    fields: {
      ...entryOf,
      ...target,
      replaced: { presence: "said", encoding: replaced, column: "replaced" },
      ...by,
    },
  },
  write: {
    code: 8,
    effect: "mutation",
    fields: {
      ...place,
      offset,
      length,
      tape: always(numberOf<TapePosition>(), "end-of-tape"),
      ...by,
    },
  },
  "set-size": { code: 9, effect: "mutation", fields: { ...place, size, ...by } },
  "set-times": {
    code: 10,
    effect: "mutation",
    detail: "always",
    fields: { ...place, atime: optional(u64, "detail"), mtime: optional(u64, "detail"), ...by },
  },
  revert: {
    code: 11,
    effect: "mutation",
    fields: { ...place, size, extents: always(extents, "detail"), ...by },
  },
  "run-start": {
    code: 12,
    effect: "control",
    fields: {
      cause: always(textOf<RunKind>(), "detail"),
      guest: always(byteText, "detail"),
      args: always(listOf(byteText), "detail"),
      environment: always(listOf(text), "detail"),
      digest: always(text, "detail"),
      limits: always(limits, "detail"),
      labels: since({ version: 2, format: 6 }, labels, "detail"),
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
      path: always(byteText, "path"),
      operation: always(text, "detail"),
      error: always(text, "detail"),
      count: always(number, "detail"),
      limit: optional(text, "detail"),
      ...by,
    },
  },
  read: { code: 16, effect: "access", fields: { ...place, offset, length, ...by } },
  open: { code: 17, effect: "access", fields: { ...place, ...by } },
  "set-mode": { code: 18, format: 4, effect: "mutation", fields: { ...place, ...said, ...by } },
  listing: {
    code: 19,
    format: 5,
    effect: "mutation",
    fields: {
      ino: always(numberOf<Ino>(), "detail"),
      path: always(byteText, "detail"),
      from: always(byteText, "detail"),
      first: always(numberOf<Ino>(), "detail"),
      entries: always(number, "detail"),
      promised: always(number, "detail"),
      start: always(numberOf<TapePosition>(), "start"),
      length,
      tape: always(numberOf<TapePosition>(), "end-of-tape"),
      ...by,
    },
  },
  fetch: {
    code: 20,
    format: 5,
    effect: "control",
    fields: {
      path: always(byteText, "detail"),
      start: always(numberOf<TapePosition>(), "start"),
      length,
      tape: always(numberOf<TapePosition>(), "end-of-tape"),
    },
  },
  mknod: {
    code: 21,
    format: 6,
    effect: "mutation",
    fields: {
      ...entryOf,
      type: always(specialType, "detail"),
      mode: optional(mode, "size"),
      ...by,
    },
  },
  exchange: {
    code: 22,
    format: 6,
    effect: "mutation",
    fields: { ...entryOf, ...target, other: always(numberOf<Ino>(), "to-ino"), ...by },
  },
  "set-xattr": {
    code: 23,
    format: 6,
    effect: "mutation",
    fields: {
      ...place,
      attribute: always(xattrName, "detail"),
      length,
      tape: always(numberOf<TapePosition>(), "end-of-tape"),
      ...by,
    },
  },
  "remove-xattr": {
    code: 24,
    format: 6,
    effect: "mutation",
    fields: { ...place, attribute: always(xattrName, "detail"), ...by },
  },
  "revert-xattr": {
    code: 27,
    format: 6,
    effect: "mutation",
    fields: {
      ...place,
      attribute: always(xattrName, "detail"),
      length,
      source: always(numberOf<TapePosition>(), "start"),
      ...by,
    },
  },
  process: {
    code: 25,
    format: 6,
    effect: "control",
    fields: {
      number: always(numberOf<ProcessNumber>(), "process"),
      pid: always(number, "detail"),
      args: always(listOf(byteText), "detail"),
      startedBy: optional(numberOf<ProcessNumber>(), "parent"),
      started: optional(u64, "detail"),
      executable: optional(byteText, "detail"),
    },
  },
  decision: {
    code: 26,
    format: 6,
    effect: "control",
    fields: {
      path: always(byteText, "path"),
      operation: always(text, "detail"),
      rule: always(text, "detail"),
      action: always(text, "detail"),
      answered: optional(text, "detail"),
      count: optional(number, "detail"),
      ...by,
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

/** Returns the fields of a kind, in order. */
export function fieldsOf(kind: Kind): readonly (readonly [name: string, field: Field])[] {
  return Object.entries(kinds[kind].fields);
}

const kindsByCode: readonly (Kind | undefined)[] = Array.from(
  { length: Math.max(...definitions.map(([, { code }]) => code)) + 1 },
  (_, code) => definitions.find(([, definition]) => definition.code === code)?.[0],
);

/** Returns the kind that a number stands for; undefined where it stands for none. */
export function kindOfCode(code: number): Kind | undefined {
  return kindsByCode[code];
}

/** Events of these kinds have no place, and by that the index finds them. */
export const placeless: ReadonlySet<Kind> = new Set(
  definitions.map(([kind]) => kind).filter((kind) => !hasColumn(kind, "path")),
);

/** Those of them that tell of runs and moments; there are few. */
export const telling: ReadonlySet<Kind> = new Set(
  [...placeless].filter((kind) => !hasColumn(kind, "start") && !hasColumn(kind, "process")),
);

/** Events of these kinds can say which process they are of. */
export const doneBySomebody: ReadonlySet<Kind> = new Set(
  definitions.map(([kind]) => kind).filter((kind) => "by" in kinds[kind].fields),
);

/** The kinds of events that change the tree. */
export const mutationKinds: ReadonlySet<Kind> = new Set(
  definitions.filter(([, { effect }]) => effect === "mutation").map(([kind]) => kind),
);

/** An event that has bytes on the tape. */
export type WithBytes = Extract<Event, { readonly tape: TapePosition }>;

/** Tells whether an event has bytes on the tape. */
export function hasBytes<T extends { readonly kind: Kind }>(
  event: T,
): event is Extract<T, { readonly kind: WithBytes["kind"] }> {
  return (
    event.kind === "write" ||
    event.kind === "fetch" ||
    event.kind === "listing" ||
    event.kind === "set-xattr"
  );
}

/** Returns how many bytes an event adds to the tape. */
export function bytesAdded(event: Fact): number {
  return hasBytes(event) ? event.length : 0;
}

/** An inode that goes from one path to another. */
export interface Move {
  readonly ino: Ino;
  readonly from: string;
  readonly to: string;
}

/** Returns the moves that an event makes: one of a rename, two of an exchange. */
export function movesOf(event: Event): readonly Move[] {
  if (event.kind === "rename") return [{ ino: event.ino, from: event.path, to: event.to }];
  if (event.kind !== "exchange") return [];
  const { ino, other, path, to } = event;
  return [
    { ino, from: path, to },
    { ino: other, from: to, to: path },
  ];
}

/** Returns the paths that an event names: two of what moves something, none of what is about no path. */
export function pathsOf(event: Event): readonly string[] {
  if (event.kind === "rename" || event.kind === "exchange") return [event.path, event.to];
  return "path" in event ? [event.path] : [];
}

/** A fact by the names of its fields. */
export type Values = Record<string, unknown>;

/** Returns the value of a field of a fact; undefined where it lacks that. */
export function valueOf(fact: Fact | Draft, name: string): unknown {
  return (fact as unknown as Values)[name];
}

/** Tells whether a kind has a field there. */
function hasColumn(kind: Kind, column: Column): boolean {
  return fieldsOf(kind).some(([, field]) => "column" in field && field.column === column);
}

/** Tells the events that change the tree from those that only tell of it. */
export function isMutation(event: Event): event is Mutation {
  return kinds[event.kind].effect === "mutation";
}
