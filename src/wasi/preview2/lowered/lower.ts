import type { Limits } from "../../../fs/index.ts";
import { Descriptor } from "../descriptor.ts";
import { DirectoryEntryStream } from "../directory-stream.ts";
import { HostError, HostInputStream, HostOutputStream } from "../../calls/io.ts";
import { filesystemErrorCode } from "../stream-error.ts";
import type { Wasi } from "../wasi.ts";
import type { Factory } from "./call.ts";
import { lowerDescriptor, lowerDirectoryStream } from "./descriptor.ts";
import { GuestMemory } from "./memory.ts";
import { type Kind, Resources } from "./resources.ts";
import { lowerErrorCode, lowerInputStream, lowerOutputStream } from "./streams.ts";

const lowerSymbol = Symbol.for("cabiLower");
const disposeSymbol = Symbol.for("cabiDispose");

/** Imports for jco's glue, with `importBindings: "hybrid"`, that replace those of a `Wasi` and of wasi:io. */
export interface LoweredWasi {
  /** wasi:filesystem/types. */
  readonly types: Readonly<Record<string, unknown>>;
  /** wasi:filesystem/preopens. */
  readonly preopens: Readonly<Record<string, unknown>>;
  /** wasi:io/streams. */
  readonly streams: Readonly<Record<string, unknown>>;
  /** wasi:io/error. */
  readonly error: Readonly<Record<string, unknown>>;
  /** Marks a stream that reaches the guest through another interface, such as wasi:cli/stdout. */
  readonly mark: <T extends object>(stream: T) => T;
}

/**
 * Serves the same filesystem and streams to glue that calls core functions directly: each call converts its own
 * arguments, as jco's conversion costs several times the call. The calls themselves are the same code.
 */
export function lowerWasi(wasi: Pick<Wasi, "preopens">, limits: Limits): LoweredWasi {
  const resources = new Resources(mostHandles(limits));
  const getDirectories = () => wasi.preopens.getDirectories();
  return {
    types: {
      Descriptor: standIn(resources, Descriptor, lowerDescriptor(resources, limits["path-bytes"])),
      DirectoryEntryStream: standIn(
        resources,
        DirectoryEntryStream,
        lowerDirectoryStream(resources),
      ),
      filesystemErrorCode: attach(
        (error: object) => filesystemErrorCode(resources.real(error, HostError)),
        lowerErrorCode(resources),
      ),
    },
    preopens: {
      getDirectories: attach(getDirectories, lowerDirectories(resources, getDirectories)),
    },
    streams: {
      InputStream: standIn(resources, HostInputStream, {
        ...lowerInputStream(resources),
        subscribe: undefined,
      }),
      OutputStream: standIn(resources, HostOutputStream, {
        ...lowerOutputStream(resources),
        subscribe: undefined,
      }),
    },
    error: { Error: standIn(resources, HostError, {}) },
    mark: (stream) => resources.mark(stream),
  };
}

/**
 * Limits handles: descriptors and streams have a limit of their own; errors of streams and standard streams may be as
 * many again.
 */
function mostHandles({ descriptors }: Limits): number {
  return 2 * descriptors + 64;
}

/**
 * Returns a class for the glue: it recognises the real class's objects, provides the core functions of its methods, and
 * for other methods finds the object behind the stand-in that the glue makes of a handle. An abstract method, which its
 * class does not have, must be among the lowered.
 */
function standIn(
  resources: Resources,
  kind: Kind<object>,
  lowered: Readonly<Record<string, Factory | undefined>>,
): object {
  class StandIn {
    static [Symbol.hasInstance](value: unknown): boolean {
      return value instanceof kind;
    }
    static [disposeSymbol](rep: number): void {
      resources.drop(rep);
    }
  }
  for (const name of new Set([...methodsOf(kind), ...Object.keys(lowered)])) {
    const forward = function (this: object, ...args: unknown[]): unknown {
      const real = resources.real(this, kind);
      const method: unknown = Reflect.get(real, name);
      if (typeof method !== "function") throw new TypeError(`no method ${name}`);
      return Reflect.apply(
        method,
        real,
        args.map((arg) => (arg instanceof StandInMark ? resources.real(arg, Object) : arg)),
      );
    };
    const factory = lowered[name];
    Object.defineProperty(StandIn.prototype, name, {
      value: factory === undefined ? forward : attach(forward, factory),
    });
  }
  Object.setPrototypeOf(StandIn.prototype, StandInMark.prototype);
  return StandIn;
}

/** Marks stand-ins among arguments. */
class StandInMark {}

function attach<T extends object>(call: T, factory: Factory): T {
  return Object.defineProperty(call, lowerSymbol, { value: factory });
}

/** Returns the names of a class's methods, those that it inherits as well. */
function methodsOf(kind: Kind<object>): string[] {
  const names: string[] = [];
  let prototype: unknown = Reflect.get(kind, "prototype");
  while (typeof prototype === "object" && prototype !== null && prototype !== Object.prototype) {
    names.push(...Object.getOwnPropertyNames(prototype));
    prototype = Object.getPrototypeOf(prototype);
  }
  return names.filter((name) => name !== "constructor");
}

/** Returns get-directories as a core function: list<tuple<own<descriptor>, string>>. */
function lowerDirectories(
  resources: Resources,
  getDirectories: Wasi["preopens"]["getDirectories"],
): Factory {
  const tupleBytes = 12;
  return (context) => {
    const memory = new GuestMemory(context);
    const table = context.resourceTables?.[0];
    if (table === undefined) throw new Error("the glue gave no table for descriptors");
    return (result: number) => {
      const directories = getDirectories();
      const list = memory.room(directories.length * tupleBytes, 4);
      directories.forEach(([descriptor, path], index) => {
        const at = list + index * tupleBytes;
        memory.putText(at + 4, path);
        memory.setUint32(at, resources.own(table, descriptor));
      });
      memory.setUint32(result, list);
      memory.setUint32(result + 4, directories.length);
    };
  };
}
