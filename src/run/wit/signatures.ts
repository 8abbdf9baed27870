import type { Resource } from "../link/abi/resource.ts";
import type { FunctionType, ValueType, ValueTypes } from "../link/abi/value-types.ts";
import type { Primitive } from "../link/decode/code.ts";
import type { WitDefinition, WitFunction, WitInterface, WitType } from "./parse.ts";

const primitives: ReadonlySet<string> = new Set<Primitive>([
  "bool",
  "s8",
  "u8",
  "s16",
  "u16",
  "s32",
  "u32",
  "s64",
  "u64",
  "f32",
  "f64",
  "char",
  "string",
]);

/** Makes the types of functions from written interfaces, with the resources that `resource` finds. */
export class Signatures {
  readonly #types: ValueTypes;
  /** Named types, by interface and name. */
  readonly #made = new Map<string, ValueType>();
  readonly #interfaces: ReadonlyMap<string, WitInterface>;
  readonly #resource: (from: string, name: string) => Resource;

  constructor(
    types: ValueTypes,
    interfaces: ReadonlyMap<string, WitInterface>,
    resource: (from: string, name: string) => Resource,
  ) {
    this.#types = types;
    this.#interfaces = interfaces;
    this.#resource = resource;
  }

  /** Returns the type of a function, if the interface is known and has it. */
  functionOf(from: string, name: string): FunctionType | undefined {
    const written = this.#interfaces.get(from)?.functions.get(name);
    return written === undefined ? undefined : this.#function(from, written);
  }

  #function(from: string, { isAsync, parameters, result }: WitFunction): FunctionType {
    return {
      isAsync,
      parameters: parameters.map((parameter) => this.#value(from, parameter)),
      result: result === undefined ? undefined : this.#value(from, result),
    };
  }

  #value(from: string, type: WitType): ValueType {
    switch (type.kind) {
      case "none":
        throw new Error("no type where one should be");
      case "name":
        return isPrimitive(type.name)
          ? this.#types.primitive(type.name)
          : this.#named(from, type.name);
      case "applied":
        return this.#applied(from, type.name, type.parts);
    }
  }

  #applied(from: string, name: string, parts: readonly WitType[]): ValueType {
    const types = this.#types;
    const part = (at: number): ValueType | undefined => {
      const written = parts[at];
      return written === undefined || written.kind === "none"
        ? undefined
        : this.#value(from, written);
    };
    const first = part(0);
    switch (name) {
      case "result":
        return types.variant("result", [
          { name: "ok", type: first },
          { name: "err", type: part(1) },
        ]);
      case "tuple":
        return types.record(
          "tuple",
          parts.map((written, at) => ({ name: String(at), type: this.#value(from, written) })),
        );
      case "stream":
      case "future":
        return types.channelOf(name, first);
      case "borrow": {
        if (first?.kind !== "own") throw new Error("a borrowed type is no resource");
        return types.handleTo("borrow", first.resource);
      }
      case "list":
        if (first !== undefined) return types.list(first);
        break;
      case "option":
        if (first !== undefined)
          return types.variant("option", [
            { name: "none", type: undefined },
            { name: "some", type: first },
          ]);
        break;
      default:
    }
    throw new Error(`the unknown type ${name}`);
  }

  #named(from: string, name: string): ValueType {
    const key = `${from}.${name}`;
    const made = this.#made.get(key) ?? this.#make(from, name);
    this.#made.set(key, made);
    return made;
  }

  #make(from: string, name: string): ValueType {
    const written = this.#interfaces.get(from)?.types.get(name);
    if (written === undefined) throw new Error(`no type ${name} in ${from}`);
    return this.#defined(from, name, written);
  }

  #defined(from: string, name: string, written: WitDefinition): ValueType {
    switch (written.kind) {
      case "alias":
        return this.#value(from, written.type);
      case "use":
        return this.#named(written.from, name);
      case "resource":
        return this.#types.handleTo("own", this.#resource(from, name));
      case "record":
        return this.#types.record(
          "record",
          written.members.map((member) => {
            if (member.type === undefined) throw new Error("a field without a type");
            return { name: member.name, type: this.#value(from, member.type) };
          }),
        );
      case "variant":
      case "enum":
        return this.#types.variant(
          written.kind,
          written.members.map((member) => ({
            name: member.name,
            type: member.type === undefined ? undefined : this.#value(from, member.type),
          })),
        );
      case "flags":
        return this.#types.flags(written.members.map((member) => member.name));
    }
  }
}

function isPrimitive(name: string): name is Primitive {
  return primitives.has(name);
}
