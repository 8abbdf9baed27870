export type Primitive =
  | "bool"
  | "s8"
  | "u8"
  | "s16"
  | "u16"
  | "s32"
  | "u32"
  | "s64"
  | "u64"
  | "f32"
  | "f64"
  | "char"
  | "string"
  | "error-context";

/** A component as it was read: its definitions, in the order of their numbers. */
export interface ComponentCode {
  readonly definitions: readonly Definition[];
}

export type CoreSort =
  | "core func"
  | "core table"
  | "core memory"
  | "core global"
  | "core tag"
  | "core type"
  | "core module"
  | "core instance";
export type Sort = CoreSort | "func" | "value" | "type" | "component" | "instance";

export type Definition =
  | { readonly kind: "core module"; readonly module: number }
  | { readonly kind: "core instance"; readonly module: number; readonly given: readonly Given[] }
  | { readonly kind: "core exports"; readonly exports: readonly Named[] }
  | { readonly kind: "component"; readonly component: ComponentCode }
  | { readonly kind: "instance"; readonly component: number; readonly given: readonly Named[] }
  | { readonly kind: "exports"; readonly exports: readonly Named[] }
  | { readonly kind: "alias"; readonly alias: Alias }
  | { readonly kind: "type"; readonly type: TypeCode }
  | { readonly kind: "canonical"; readonly canonical: Canonical }
  | { readonly kind: "import"; readonly name: string; readonly description: Description }
  | { readonly kind: "export"; readonly name: string; readonly sort: Sort; readonly index: number };

/** A numbered thing, under a name. */
export interface Named {
  readonly name: string;
  readonly sort: Sort;
  readonly index: number;
}

/** A core instance given to a core module. */
export interface Given {
  readonly name: string;
  readonly instance: number;
}

export type Alias = { readonly sort: Sort } & (
  | { readonly of: "export"; readonly instance: number; readonly name: string }
  | { readonly of: "core export"; readonly instance: number; readonly name: string }
  | { readonly of: "outer"; readonly depth: number; readonly index: number }
);

export type Description =
  | { readonly kind: "func" | "component" | "instance"; readonly type: number }
  | { readonly kind: "type"; readonly same: number }
  | { readonly kind: "resource" }
  | { readonly kind: "core module" };

/** A type of a value: its number, or its definition. */
export type ValueCode =
  | { readonly kind: "index"; readonly index: number }
  | { readonly kind: "primitive"; readonly primitive: Primitive }
  | {
      readonly kind: "record" | "variant" | "enum" | "flags";
      readonly members: readonly {
        readonly name: string;
        readonly type: ValueCode | undefined;
      }[];
    }
  | { readonly kind: "tuple"; readonly types: readonly ValueCode[] }
  | { readonly kind: "list"; readonly element: ValueCode; readonly length: number | undefined }
  | { readonly kind: "option"; readonly element: ValueCode }
  | {
      readonly kind: "result";
      readonly ok: ValueCode | undefined;
      readonly err: ValueCode | undefined;
    }
  | { readonly kind: "own" | "borrow"; readonly resource: number }
  | { readonly kind: "stream" | "future"; readonly element: ValueCode | undefined };

export type TypeCode =
  | ValueCode
  | {
      readonly kind: "function";
      readonly isAsync: boolean;
      readonly parameters: readonly ValueCode[];
      readonly result: ValueCode | undefined;
    }
  | { readonly kind: "instance"; readonly declarations: readonly Declaration[] }
  /** Details of a component's type are not checked. */
  | { readonly kind: "component" }
  | { readonly kind: "resource"; readonly destructor: number | undefined };

export type Declaration =
  | { readonly kind: "type"; readonly type: TypeCode }
  | { readonly kind: "alias"; readonly alias: Alias }
  | { readonly kind: "export"; readonly name: string; readonly description: Description };

/** Options of a canonical function. */
export interface Options {
  readonly encoding: "utf8" | "utf16" | "latin1+utf16";
  readonly memory: number | undefined;
  readonly realloc: number | undefined;
  readonly postReturn: number | undefined;
  readonly callback: number | undefined;
  readonly isAsync: boolean;
}

export type ChannelKind = "stream" | "future";

export type Canonical =
  | {
      readonly kind: "lift";
      readonly core: number;
      readonly options: Options;
      readonly type: number;
    }
  | { readonly kind: "lower"; readonly function: number; readonly options: Options }
  | { readonly kind: "resource.new" | "resource.drop" | "resource.rep"; readonly type: number }
  | {
      readonly kind: "task.return";
      readonly result: ValueCode | undefined;
      readonly options: Options;
    }
  | { readonly kind: "context.get" | "context.set"; readonly slot: number }
  | { readonly kind: "subtask.cancel"; readonly isAsync: boolean }
  | { readonly kind: "channel.new"; readonly channel: ChannelKind; readonly type: number }
  | {
      readonly kind: "channel.read" | "channel.write";
      readonly channel: ChannelKind;
      readonly type: number;
      readonly options: Options;
    }
  | {
      readonly kind: "channel.cancel-read" | "channel.cancel-write";
      readonly channel: ChannelKind;
      readonly type: number;
      readonly isAsync: boolean;
    }
  | {
      readonly kind: "channel.drop-readable" | "channel.drop-writable";
      readonly channel: ChannelKind;
      readonly type: number;
    }
  | {
      readonly kind: "error-context.new" | "error-context.debug-message";
      readonly options: Options;
    }
  | { readonly kind: "waitable-set.wait" | "waitable-set.poll"; readonly memory: number }
  | {
      readonly kind:
        | "task.cancel"
        | "backpressure.set"
        | "backpressure.inc"
        | "backpressure.dec"
        | "thread.yield"
        | "subtask.drop"
        | "error-context.drop"
        | "waitable-set.new"
        | "waitable-set.drop"
        | "waitable.join";
    };
