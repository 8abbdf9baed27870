import type { Cursor } from "../wasm/sections.ts";
import { sort, sortOf } from "./core.ts";
import type { NameCheck } from "./names.ts";

/** A type, as far as its details matter here. */
export type TypeFact =
  | { readonly kind: "function" | "type" | "resource" | "other" }
  | { readonly kind: "instance"; readonly members: readonly string[] };

// Component model, Binary.md, type definitions.
const form = {
  function: 0x40,
  asyncFunction: 0x43,
  component: 0x41,
  instance: 0x42,
  resource: 0x3f,
  asyncResource: 0x3e,
  record: 0x72,
  variant: 0x71,
  list: 0x70,
  tuple: 0x6f,
  flags: 0x6e,
  enum: 0x6d,
  option: 0x6b,
  result: 0x6a,
  own: 0x69,
  borrow: 0x68,
  fixedList: 0x67,
  stream: 0x66,
  future: 0x65,
  errorContext: 0x64,
  map: 0x63,
} as const;
const primitives = { first: 0x73, last: 0x7f };
const declaration = { coreType: 0x00, type: 0x01, alias: 0x02, import: 0x03, export: 0x04 };
const description = { module: 0, function: 1, value: 2, type: 3, component: 4, instance: 5 };
const mostNested = 100;

/** Reads the types of one component, in order, and keeps the facts of numbered ones. */
export class TypeReader {
  readonly #cursor: Cursor;
  readonly #names: NameCheck;
  readonly #unserved: Set<string>;
  /** The types of each scope that is being read, the innermost last. */
  readonly #scopes: (TypeFact | undefined)[][] = [[]];

  constructor(cursor: Cursor, names: NameCheck, unserved: Set<string>) {
    this.#cursor = cursor;
    this.#names = names;
    this.#unserved = unserved;
  }

  /** Adds a type under the next number. */
  push(fact: TypeFact | undefined): void {
    this.#scopes.at(-1)?.push(fact);
  }

  /** Reads an alias. */
  alias(): void {
    const kind = sortOf(this.#cursor);
    const target = this.#cursor.byte();
    this.#cursor.count();
    if (target === 0) this.#names.take("an alias", this.#cursor.text());
    else if (target === 1) this.#names.take("an alias of a core export", this.#cursor.text());
    else if (target === 2) this.#cursor.count();
    else throw new RangeError("an alias of the component has no known form");
    if (kind === sort.type) this.push(undefined);
  }

  /** Reads the name of an import or an export. */
  externalName(place: string): string {
    // Names with a separate version are of a later format.
    if (this.#cursor.byte() > 1) throw new RangeError(`${place} has a name of an unknown form`);
    const name = this.#cursor.text();
    this.#names.take(place, name);
    return name;
  }

  /** Reads the description of an import or an export. A new type gets its number, unless it is known already. */
  described(numbering: "new" | "known already" = "new"): TypeFact {
    const kind = this.#cursor.byte();
    switch (kind) {
      case description.module:
        if (this.#cursor.byte() !== 0x11) throw new RangeError("a core thing has no known form");
        this.#cursor.count();
        return { kind: "other" };
      case description.value:
        if (this.#cursor.byte() === 0) this.#cursor.count();
        else this.#value();
        return { kind: "other" };
      case description.type:
        return this.#bound(numbering);
      case description.function:
      case description.component:
        this.#cursor.count();
        return { kind: kind === description.function ? "function" : "other" };
      case description.instance:
        return this.#scopes.at(-1)?.[this.#cursor.count()] ?? { kind: "other" };
      default:
        throw new RangeError(`a thing in the component is of the unknown kind ${kind}`);
    }
  }

  /** Reads a type's definition. */
  defined(): void {
    this.push(this.#definition());
  }

  #bound(numbering: "new" | "known already"): TypeFact {
    const isResource = this.#cursor.byte() === 1;
    const fact: TypeFact = { kind: isResource ? "resource" : "type" };
    const same = isResource ? undefined : this.#scopes.at(-1)?.[this.#cursor.count()];
    if (numbering === "new") this.push(same ?? fact);
    return fact;
  }

  #definition(): TypeFact {
    const cursor = this.#cursor;
    const first = cursor.byte();
    switch (first) {
      case form.function:
      case form.asyncFunction:
        if (first === form.asyncFunction) this.#unserved.add("async functions");
        this.#function();
        return { kind: "function" };
      case form.component:
        this.#declarations();
        return { kind: "other" };
      case form.instance:
        return { kind: "instance", members: this.#declarations() };
      case form.asyncResource:
        this.#unserved.add("async destructors");
        cursor.byte();
        cursor.count();
        this.#optional(() => cursor.count());
        return { kind: "resource" };
      case form.resource:
        cursor.byte();
        this.#optional(() => cursor.count());
        return { kind: "resource" };
      default:
        this.#valueDefinition(first);
        return { kind: "type" };
    }
  }

  /** Reads the declarations of an instance's or component's type. Returns its exports other than plain types. */
  #declarations(): readonly string[] {
    if (this.#scopes.length > mostNested) throw new RangeError("its types are nested too deeply");
    const members: string[] = [];
    this.#scopes.push([]);
    this.#each(() => {
      const kind = this.#cursor.byte();
      if (kind === declaration.type) this.defined();
      else if (kind === declaration.alias) this.alias();
      else if (kind === declaration.import || kind === declaration.export) {
        const name = this.externalName("a name in a type");
        const fact = this.described();
        if (fact.kind !== "type" && kind === declaration.export) members.push(name);
      } else throw new RangeError("a type in the component has no known form");
    });
    this.#scopes.pop();
    return members;
  }

  #function(): void {
    const labelled = (): void => {
      this.#label();
      this.#value();
    };
    this.#each(labelled);
    if (this.#cursor.byte() === 0) this.#value();
    else this.#each(labelled);
  }

  #valueDefinition(first: number): void {
    const cursor = this.#cursor;
    switch (first) {
      case form.record:
        return this.#each(() => {
          this.#label();
          this.#value();
        });
      case form.variant:
        return this.#each(() => {
          this.#label();
          this.#optional(() => this.#value());
          // Earlier versions let a case refine another.
          this.#optional(() => cursor.count());
        });
      case form.list:
      case form.option:
        return this.#value();
      case form.tuple:
        return this.#each(() => this.#value());
      case form.flags:
      case form.enum:
        return this.#each(() => this.#label());
      case form.result:
        this.#optional(() => this.#value());
        return this.#optional(() => this.#value());
      case form.own:
      case form.borrow:
        return void cursor.count();
      case form.fixedList:
        this.#value();
        return void cursor.count();
      case form.stream:
      case form.future:
        this.#unserved.add(first === form.stream ? "streams of WASI 0.3" : "futures of WASI 0.3");
        return this.#optional(() => this.#value());
      case form.map:
        this.#value();
        return this.#value();
      case form.errorContext:
        this.#unserved.add("error contexts");
        return;
      default:
        if (first < primitives.first || first > primitives.last)
          throw new RangeError(`a type in the component has the unknown form ${first}`);
    }
  }

  /** Reads a type's number, or a primitive type: both are signed numbers, the latter negative. */
  #value(): void {
    const cursor = this.#cursor;
    const start = cursor.position;
    const first = cursor.byte();
    if (first >= form.errorContext && first <= primitives.last) return this.#valueDefinition(first);
    cursor.position = start;
    cursor.count();
    const last = cursor.bytes[cursor.position - 1] ?? 0;
    if ((last & 0x40) !== 0) throw new RangeError("a type in the component has no known form");
  }

  #label(): void {
    this.#names.take("a name in a type", this.#cursor.text());
  }

  #each(read: () => void): void {
    for (let left = this.#cursor.count(); left > 0; left -= 1) read();
  }

  #optional(read: () => void): void {
    const flag = this.#cursor.byte();
    if (flag > 1) throw new RangeError("a type in the component has no known form");
    if (flag === 1) read();
  }
}
