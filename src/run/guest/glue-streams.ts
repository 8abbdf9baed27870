import { HostInputStream, HostOutputStream } from "../../wasi/index.ts";

const inputMethods = ["read", "blockingRead", "skip", "blockingSkip", "subscribe"] as const;
const outputMethods = [
  "checkWrite",
  "write",
  "blockingWriteAndFlush",
  "flush",
  "blockingFlush",
  "writeZeroes",
  "blockingWriteZeroesAndFlush",
  "splice",
  "blockingSplice",
  "subscribe",
] as const;

/**
 * Returns wasi:io/streams for jco's own marshalling, which looks for a method in the class before it calls the
 * object's.
 */
export function glueStreams(): Readonly<Record<string, unknown>> {
  return {
    InputStream: withMethods(HostInputStream, inputMethods),
    OutputStream: withMethods(HostOutputStream, outputMethods),
  };
}

/** Returns a class that has these methods, and accepts all objects of the abstract one. */
function withMethods(kind: abstract new () => object, names: readonly string[]): object {
  class Seen {
    static [Symbol.hasInstance](value: unknown): boolean {
      return value instanceof kind;
    }
  }
  for (const name of names) {
    Object.defineProperty(Seen.prototype, name, {
      value(this: object, ...args: unknown[]): unknown {
        const method: unknown = Reflect.get(this, name);
        if (typeof method !== "function") throw new TypeError(`no method ${name}`);
        return Reflect.apply(method, this, args);
      },
    });
  }
  return Seen;
}
