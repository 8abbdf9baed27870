import type { HostCall } from "../link/abi/host-function.ts";
import { camelCase } from "../link/abi/value-types.ts";
import { webAssembly } from "../wasm/web-assembly.ts";
import type { Provider } from "../wit/served.ts";

/**
 * Provides interfaces from objects that jco's glue would take: functions under their names, and methods in their
 * objects.
 */
export function providerOf(
  objects: ReadonlyMap<string, Readonly<Record<string, unknown>>>,
): Provider {
  return {
    call(interfaceName, name) {
      const object = objects.get(interfaceName);
      if (object === undefined) throw new Error(`there is no implementation of ${interfaceName}`);
      return callOf(object, name);
    },
    destroy: dispose,
  };
}

function callOf(object: Readonly<Record<string, unknown>>, name: string): HostCall {
  const parts = /^\[(?<kind>\w+)\](?<resource>[^.]+)\.?(?<member>.*)$/.exec(name)?.groups;
  if (parts === undefined) {
    const key = camelCase(name);
    return (args) => invoke(object, key, args);
  }
  const key = camelCase(parts["member"] ?? "");
  if (parts["kind"] === "method") return ([self, ...rest]) => invoke(self, key, rest);
  const resource = (): unknown => object[camelCase(`-${parts["resource"] ?? ""}`)];
  return parts["kind"] === "static"
    ? (args) => invoke(resource(), key, args)
    : (args) => construct(resource(), args);
}

function invoke(target: unknown, key: string, args: readonly unknown[]): unknown {
  const isObject = (typeof target === "object" || typeof target === "function") && target !== null;
  const call: unknown = isObject ? Reflect.get(target, key) : undefined;
  if (typeof call !== "function") throw new webAssembly.RuntimeError(`no function ${key}`);
  return Reflect.apply(call, target, args);
}

function construct(target: unknown, args: readonly unknown[]): unknown {
  if (typeof target !== "function") throw new webAssembly.RuntimeError("no constructor");
  return Reflect.construct(target, args);
}

function dispose(object: unknown): void {
  if (typeof object !== "object" || object === null || !(Symbol.dispose in object)) return;
  const end = object[Symbol.dispose];
  if (typeof end === "function") Reflect.apply(end, object, []);
}
