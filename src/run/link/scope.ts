import type { CoreFunction } from "./abi/abi.ts";
import type { ComponentCode, Declaration, Sort } from "./decode/code.ts";
import type { ComponentFunction } from "./abi/function.ts";
import type { Resource } from "./abi/resource.ts";
import type { FunctionType, ValueType } from "./abi/value-types.ts";
import type { WasmMemory } from "../wasm/web-assembly.ts";

/** A type that has a number. */
export type TypeItem =
  | { readonly kind: "value"; readonly type: ValueType }
  | { readonly kind: "function"; readonly type: FunctionType }
  | { readonly kind: "instance"; readonly declarations: readonly Declaration[]; readonly in: Scope }
  | { readonly kind: "resource"; readonly resource: Resource }
  | { readonly kind: "component" };

/** An instance, as its exports. */
export type Exports = ReadonlyMap<string, Item>;

/** A numbered thing of any sort. */
export type Item =
  | { readonly sort: "core func"; readonly value: CoreFunction }
  | { readonly sort: "core memory"; readonly value: WasmMemory }
  | { readonly sort: "core table" | "core global" | "core tag"; readonly value: object }
  /** Its number among all core modules, those of components in it too. */
  | { readonly sort: "core module"; readonly value: number }
  | { readonly sort: "core instance"; readonly value: ReadonlyMap<string, unknown> }
  | { readonly sort: "func"; readonly value: ComponentFunction }
  | { readonly sort: "type"; readonly value: TypeItem }
  | { readonly sort: "component"; readonly value: ComponentCode; readonly in: Scope }
  | { readonly sort: "instance"; readonly value: Exports };

/** The numbered things so far in one component, or one type's declarations. */
export class Scope {
  readonly outer: Scope | undefined;
  readonly #items = new Map<Sort, Item[]>();

  constructor(outer: Scope | undefined) {
    this.outer = outer;
  }

  add(item: Item): void {
    const items = this.#items.get(item.sort);
    if (items === undefined) this.#items.set(item.sort, [item]);
    else items.push(item);
  }

  /** Throws RangeError if nothing has that number. */
  get<S extends Item["sort"]>(sort: S, index: number): Item & { readonly sort: S } {
    const item = this.#items.get(sort)?.[index];
    if (item === undefined || !isOfSort(item, sort))
      throw new RangeError(`the component refers to the ${sort} ${index}, which is not there`);
    return item;
  }

  /** Returns the thing of any sort with that number. */
  item(sort: Sort, index: number): Item {
    if (sort === "value" || sort === "core type")
      throw new RangeError(`the component refers to a ${sort}`);
    return this.get(sort, index);
  }

  /** Returns the scope so many levels outside of this one. */
  around(depth: number): Scope {
    if (depth === 0) return this;
    if (this.outer === undefined)
      throw new RangeError("the component refers to something outside of it");
    return this.outer.around(depth - 1);
  }
}

function isOfSort<S extends Item["sort"]>(
  item: Item,
  sort: S,
): item is Item & { readonly sort: S } {
  return item.sort === sort;
}
