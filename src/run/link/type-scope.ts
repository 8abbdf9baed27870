import type { Alias, TypeCode, ValueCode } from "./decode/code.ts";
import type { Resource } from "./abi/resource.ts";
import type { Item, Scope, TypeItem } from "./scope.ts";
import type { FunctionType, ValueType, ValueTypes } from "./abi/value-types.ts";

/** Makes the type that a definition describes; `resource` makes a resource of the component's own. */
export function typeOf(
  types: ValueTypes,
  scope: Scope,
  code: TypeCode,
  resource: (destructor: number | undefined) => Resource,
): TypeItem {
  switch (code.kind) {
    case "function": {
      const type: FunctionType = {
        isAsync: code.isAsync,
        parameters: code.parameters.map((parameter) => valueType(types, scope, parameter)),
        result: code.result === undefined ? undefined : valueType(types, scope, code.result),
      };
      return { kind: "function", type };
    }
    case "instance":
      return { kind: "instance", declarations: code.declarations, in: scope };
    case "component":
      return { kind: "component" };
    case "resource":
      return { kind: "resource", resource: resource(code.destructor) };
    case "index":
      return scope.get("type", code.index).value;
    case "primitive":
    case "record":
    case "variant":
    case "enum":
    case "flags":
    case "tuple":
    case "list":
    case "option":
    case "result":
    case "own":
    case "borrow":
    case "stream":
    case "future":
      return { kind: "value", type: valueType(types, scope, code) };
  }
}

/** Makes the type of a value. Throws RangeError if it refers to something else than a type. */
export function valueType(types: ValueTypes, scope: Scope, code: ValueCode): ValueType {
  const made = (part: ValueCode): ValueType => valueType(types, scope, part);
  const optional = (part: ValueCode | undefined): ValueType | undefined =>
    part === undefined ? undefined : made(part);
  switch (code.kind) {
    case "index": {
      const { value } = scope.get("type", code.index);
      if (value.kind !== "value") throw new RangeError("the component takes a type for a value's");
      return value.type;
    }
    case "primitive":
      return types.primitive(code.primitive);
    case "record":
      return types.record(
        "record",
        code.members.map(({ name, type }) => {
          if (type === undefined) throw new RangeError("a field of the component has no type");
          return { name, type: made(type) };
        }),
      );
    case "tuple":
      return types.record(
        "tuple",
        code.types.map((type, at) => ({ name: String(at), type: made(type) })),
      );
    case "variant":
    case "enum":
      return types.variant(
        code.kind,
        code.members.map(({ name, type }) => ({ name, type: optional(type) })),
      );
    case "flags":
      return types.flags(code.members.map(({ name }) => name));
    case "list":
      return types.list(made(code.element), code.length);
    case "option":
      return types.variant("option", [
        { name: "none", type: undefined },
        { name: "some", type: made(code.element) },
      ]);
    case "result":
      return types.variant("result", [
        { name: "ok", type: optional(code.ok) },
        { name: "err", type: optional(code.err) },
      ]);
    case "own":
    case "borrow":
      return types.handleTo(code.kind, resourceOf(scope, code.resource));
    case "stream":
    case "future":
      return types.channelOf(code.kind, optional(code.element));
  }
}

/** Throws RangeError unless the number is a resource's. */
export function resourceOf(scope: Scope, index: number): Resource {
  const { value } = scope.get("type", index);
  if (value.kind !== "resource") throw new RangeError("the component takes a type for a resource");
  return value.resource;
}

/** Returns the item that an alias stands for. */
export function aliased(scope: Scope, alias: Alias): Item {
  switch (alias.of) {
    case "outer":
      return scope.around(alias.depth).item(alias.sort, alias.index);
    case "export": {
      const item = scope.get("instance", alias.instance).value.get(alias.name);
      if (item?.sort !== alias.sort)
        throw new RangeError("the component asks an instance for something that it does not have");
      return item;
    }
    case "core export":
      return coreExport(
        scope.get("core instance", alias.instance).value.get(alias.name),
        alias.sort,
      );
  }
}

function coreExport(value: unknown, sort: Alias["sort"]): Item {
  if (sort === "core func" && isFunction(value)) return { sort, value };
  if (sort === "core memory" && isMemory(value)) return { sort, value };
  if (
    (sort === "core table" || sort === "core global" || sort === "core tag") &&
    typeof value === "object" &&
    value !== null
  )
    return { sort, value };
  throw new RangeError("the component asks a core module for something that it does not have");
}

function isFunction(value: unknown): value is (...flat: readonly unknown[]) => unknown {
  return typeof value === "function";
}

function isMemory(value: unknown): value is { readonly buffer: ArrayBuffer } {
  return typeof value === "object" && value !== null && "buffer" in value;
}
