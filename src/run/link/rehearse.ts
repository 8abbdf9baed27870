import { Ending } from "../ending/ending.ts";
import { Sleeper } from "../machine/sleeper.ts";
import { type Export, readExports } from "../wasm/exports.ts";
import { type Import, kinds, readImports } from "../wasm/imports.ts";
import { Cursor, sectionId, sections } from "../wasm/sections.ts";
import type { ValueTypes } from "./abi/value-types.ts";
import { World } from "./abi/world.ts";
import type { Decoded } from "./decode/decode.ts";
import type { HostLookup } from "./imported.ts";
import { type CoreGiven, instantiate } from "./instance.ts";
import type { Exports } from "./scope.ts";

/**
 * Instantiates a component as later in earnest, but without its core modules: they have their declared exports, and
 * none is called. Returns the component's exports. Throws ImportError if the host lacks an import, RangeError if its
 * parts do not fit together, UnservedError if it needs something that is not served.
 */
export function rehearse(
  { component, modules }: Decoded,
  host: (types: ValueTypes) => HostLookup,
): { readonly types: ValueTypes; readonly exports: Exports } {
  const never = new Sleeper(
    () => {},
    () => false,
  );
  const world = new World(never, () => 0n, new Ending());
  const shapes = modules.map(shapeOf);
  const exports = instantiate(component, {
    world,
    host: host(world.types),
    core: (module, given) => pretend(shapes[module], given),
  });
  return { types: world.types, exports };
}

interface Shape {
  readonly imports: readonly Import[];
  readonly exports: readonly Export[];
}

function shapeOf(module: Uint8Array): Shape {
  let shape: Shape = { imports: [], exports: [] };
  for (const { id, contentStart } of sections(module)) {
    const cursor = new Cursor(module, contentStart);
    if (id === sectionId.import) shape = { ...shape, imports: readImports(cursor) };
    if (id === sectionId.export) shape = { ...shape, exports: readExports(cursor) };
  }
  return shape;
}

/** Stands for a memory, a table, a global or a tag. */
class Pretended {
  readonly kind: number;

  constructor(kind: number) {
    this.kind = kind;
  }
}

class PretendedMemory extends Pretended {
  readonly buffer = new ArrayBuffer();
}

function pretend(shape: Shape | undefined, given: CoreGiven): ReadonlyMap<string, unknown> {
  if (shape === undefined) throw new Error("a core module was not read");
  for (const { module, name, kind } of shape.imports) {
    const found = given.get(module)?.get(name);
    const itsKind = found instanceof Pretended ? found.kind : kinds.function;
    if (found === undefined || itsKind !== kind)
      throw new RangeError("a core module of the component is not given its imports");
  }
  return new Map(shape.exports.map(({ name, kind }) => [name, pretended(kind)]));
}

function pretended(kind: number): unknown {
  if (kind === kinds.function) return notCalled;
  return kind === kinds.memory ? new PretendedMemory(kind) : new Pretended(kind);
}

function notCalled(): never {
  throw new Error("nothing is called before the guest runs");
}
