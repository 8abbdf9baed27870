import type { ByteEncoding, Encoding } from "./encoding.ts";
import type { AccessFact, Fact, Kind, MutationFact } from "./event.ts";

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
  /** Of the place in `moved`, where that is another inode's than the event's. */
  | "to-ino"
  | "process"
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
export interface AlwaysField<T> {
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
export interface NameField {
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
