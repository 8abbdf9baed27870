import type { Description } from "./decode/code.ts";
import type { Exports, Item, TypeItem } from "./scope.ts";
import { Scope } from "./scope.ts";
import type { ComponentFunction } from "./abi/function.ts";
import type { HostCall } from "./abi/host-function.ts";
import type { Resource } from "./abi/resource.ts";
import { aliased, typeOf } from "./type-scope.ts";
import type { FunctionType, ValueTypes } from "./abi/value-types.ts";

/** An interface of the host's. */
export interface HostInterface {
  /** Looks up resources and functions by the names of the component model; undefined if there is none. */
  resource(name: string): Resource | undefined;
  call(name: string): HostCall | undefined;
  /** Returns the type that a function has here. */
  type(name: string): FunctionType | "whatever it is" | undefined;
}

/** Finds an interface by the name that a component imports, its version included. */
export type HostLookup = (name: string) => HostInterface | undefined;

/** Makes a function of the host's, of that type. */
export type MakeFunction = (type: FunctionType, call: HostCall) => ComponentFunction;

/** Reports an import that the host does not have, or has with another type. */
export class ImportError extends RangeError {
  override readonly name = "ImportError";
}

/**
 * Returns an instance of the host's, as the type of an import asks for it. Throws ImportError if the host has no such
 * thing.
 */
export function importedInstance(
  world: { readonly types: ValueTypes; readonly make: MakeFunction },
  name: string,
  { declarations, in: outer }: TypeItem & { readonly kind: "instance" },
  host: HostLookup,
): Exports {
  const found = host(name);
  const scope = new Scope(outer);
  const exports = new Map<string, Item>();
  const lacking = (member: string): ImportError =>
    new ImportError(`it imports ${member} of ${name}, which has no such thing`);
  for (const declaration of declarations) {
    switch (declaration.kind) {
      case "type": {
        const value = typeOf(world.types, scope, declaration.type, () => {
          throw new ImportError("it imports a resource of its own");
        });
        scope.add({ sort: "type", value });
        continue;
      }
      case "alias":
        scope.add(aliased(scope, declaration.alias));
        continue;
      case "export": {
        const item = exported(declaration.name, declaration.description);
        exports.set(declaration.name, item);
        scope.add(item);
      }
    }
  }
  return exports;

  function exported(member: string, description: Description): Item {
    switch (description.kind) {
      case "type":
        return { sort: "type", value: scope.get("type", description.same).value };
      case "resource": {
        const resource = found?.resource(member);
        if (resource === undefined) throw lacking(member);
        return { sort: "type", value: { kind: "resource", resource } };
      }
      case "func": {
        const { value } = scope.get("type", description.type);
        const call = found?.call(member);
        if (value.kind !== "function" || call === undefined) throw lacking(member);
        const type = found?.type(member);
        if (type !== "whatever it is" && !isSameFunction(type, value.type))
          throw new ImportError(`it imports ${member} of ${name} with another type than it has`);
        return { sort: "func", value: world.make(value.type, call) };
      }
      case "core module":
      case "component":
      case "instance":
        throw lacking(member);
    }
  }
}

/** Compares function types: equal types of values are one object. */
export function isSameFunction(one: FunctionType | undefined, other: FunctionType): boolean {
  return (
    one !== undefined &&
    one.isAsync === other.isAsync &&
    one.result === other.result &&
    one.parameters.length === other.parameters.length &&
    one.parameters.every((parameter, at) => parameter === other.parameters[at])
  );
}
