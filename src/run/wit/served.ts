import { isThird, partedName } from "../component/versions.ts";
import type { HostCall } from "../link/abi/host-function.ts";
import type { HostInterface } from "../link/imported.ts";
import { Resource } from "../link/abi/resource.ts";
import type { ValueTypes } from "../link/abi/value-types.ts";
import { membersOf } from "../machine/served.ts";
import { type WitInterface, parseWit } from "./parse.ts";
import { Signatures } from "./signatures.ts";
import { wasi2 } from "./wasi2.ts";
import { wasi3 } from "./wasi3.ts";

/** The host's implementation of an interface. */
export interface Provider {
  /** Returns the function of that name, as the component model has it, in that interface. */
  call(interfaceName: string, name: string): HostCall;
  /** Called with a resource that nobody holds any more. */
  destroy(object: unknown): void;
}

/**
 * Returns the served interfaces, by name and version: each once, so that its resources are the same wherever they are
 * named. `second` and `third` implement those of 0.2 and of 0.3.
 */
export function servedInterfaces(
  types: ValueTypes,
  second: Provider,
  third: Provider,
): (name: string) => HostInterface | undefined {
  const find2 = finder(types, parseWit(wasi2), membersOf, second);
  const interfaces3 = parseWit(wasi3);
  const find3 = finder(types, interfaces3, (name) => membersIn(interfaces3, name), third);
  return (name) => {
    const { base, version } = partedName(name);
    return isThird(version) ? find3(base) : find2(base);
  };
}

function finder(
  types: ValueTypes,
  interfaces: ReadonlyMap<string, WitInterface>,
  members: (name: string) => ReadonlySet<string> | undefined,
  provider: Provider,
): (name: string) => HostInterface | undefined {
  const known = new Map<string, HostInterface>();
  const find = (name: string): HostInterface | undefined => {
    const found = known.get(name);
    if (found !== undefined) return found;
    const has = members(name);
    if (has === undefined) return undefined;
    const made = interfaceOf(name, has);
    known.set(name, made);
    return made;
  };
  const signatures = new Signatures(types, interfaces, (from, name) => {
    const resource = find(from)?.resource(name);
    if (resource === undefined) throw new Error(`no resource ${name} in ${from}`);
    return resource;
  });

  function interfaceOf(name: string, has: ReadonlySet<string>): HostInterface {
    const resources = new Map<string, Resource>();
    return {
      resource(member) {
        if (!has.has(member)) return undefined;
        const resource =
          resources.get(member) ??
          new Resource(member, "host", (object) => provider.destroy(object));
        resources.set(member, resource);
        return resource;
      },
      call: (member) => (has.has(member) ? provider.call(name, member) : undefined),
      // wasi:http and wasi:sockets are served to be refused; their arguments do not matter.
      type: (member) =>
        interfaces.has(name) ? signatures.functionOf(name, member) : "whatever it is",
    };
  }
  return find;
}

function membersIn(
  interfaces: ReadonlyMap<string, WitInterface>,
  name: string,
): ReadonlySet<string> | undefined {
  const found = interfaces.get(name);
  if (found === undefined) return undefined;
  const resources = [...found.types].flatMap(([type, { kind }]) =>
    kind === "resource" ? [type] : [],
  );
  return new Set([...resources, ...found.functions.keys()]);
}
