import type { ComponentCode, Definition } from "./decode/code.ts";
import { type HostLookup, importedInstance } from "./imported.ts";
import { Resource } from "./abi/resource.ts";
import { type Item, Scope } from "./scope.ts";
import { aliased, typeOf } from "./type-scope.ts";
import type { ValueTypes } from "./abi/value-types.ts";

/**
 * Throws ImportError where a component imports what the host does not have, or has with another type. Nothing of the
 * component is run for it: only what its imports are made of is looked at.
 */
export function checkImports(code: ComponentCode, types: ValueTypes, host: HostLookup): void {
  const scope = new Scope(undefined);
  for (const definition of code.definitions) {
    const item = itemOf(definition, scope, types, host);
    if (item !== undefined) scope.add(item);
  }
}

function itemOf(
  definition: Definition,
  scope: Scope,
  types: ValueTypes,
  host: HostLookup,
): Item | undefined {
  switch (definition.kind) {
    case "type": {
      const value = typeOf(types, scope, definition.type, () => ofItsOwn);
      return { sort: "type", value };
    }
    case "import": {
      const { name, description } = definition;
      if (description.kind === "type") return scope.get("type", description.same);
      const type = description.kind === "instance" && scope.get("type", description.type).value;
      if (type === false || type.kind !== "instance") return undefined;
      const functionOf = { types, make: () => notCalled };
      return { sort: "instance", value: importedInstance(functionOf, name, type, host) };
    }
    case "alias":
    case "export":
      return definition.kind === "alias"
        ? knownOr(definition.alias.sort, () => aliased(scope, definition.alias))
        : knownOr(definition.sort, () => scope.item(definition.sort, definition.index));
    case "instance":
    case "exports":
      return { sort: "instance", value: new Map() };
    case "core module":
    case "core instance":
    case "core exports":
    case "component":
    case "canonical":
      return undefined;
  }
}

/** What comes of the component's own parts is not known before it is made: no import depends on it. */
function knownOr(sort: Item["sort"] | "value" | "core type", find: () => Item): Item | undefined {
  if (sort !== "type" && sort !== "instance") return undefined;
  try {
    return find();
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    return sort === "type" ? { sort, value: { kind: "component" } } : { sort, value: new Map() };
  }
}

const ofItsOwn = new Resource("a resource of the component", "host", () => {});

const notCalled = {
  type: { isAsync: false, parameters: [], result: undefined },
  call(): never {
    throw new Error("nothing is called before the guest runs");
  },
};
