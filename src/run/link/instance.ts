import { guard } from "../ending/guard.ts";
import type { Abi, CoreFunction } from "./abi/abi.ts";
import { type Numbered, builtin } from "./builtins.ts";
import type {
  Canonical,
  ComponentCode,
  Definition,
  Description,
  Named,
  Options,
} from "./decode/code.ts";
import { GuestMemory } from "./abi/guest-memory.ts";
import { HandleTable } from "./abi/handle-table.ts";
import { HostFunction } from "./abi/host-function.ts";
import { type HostLookup, ImportError, importedInstance, isSameFunction } from "./imported.ts";
import { UnservedError } from "./decode/decode-types.ts";
import { Resource } from "./abi/resource.ts";
import { type Exports, type Item, Scope } from "./scope.ts";
import { lowered } from "./abi/subtask.ts";
import { type Instance, LiftedFunction, type Task } from "./abi/task.ts";
import { aliased, resourceOf, typeOf, valueType } from "./type-scope.ts";
import type { World } from "./abi/world.ts";

/** Everything that instantiating a component needs. */
export interface Surroundings {
  readonly world: World;
  readonly host: HostLookup;
  /** Instantiates a core module, by its number: each at most once. Returns its exports. */
  readonly core: (module: number, given: CoreGiven) => ReadonlyMap<string, unknown>;
}

/** Imports of a core module, by module and name. */
export type CoreGiven = ReadonlyMap<string, ReadonlyMap<string, unknown>>;

/**
 * Instantiates a component that imports the host's interfaces. Returns its exports. Throws RangeError if its parts do
 * not fit together, and UnservedError if it has too many.
 */
export function instantiate(code: ComponentCode, surroundings: Surroundings): Exports {
  const whole: Whole = {
    ...surroundings,
    started: new Set(),
    memories: new Map(),
    definitions: 0,
    depth: 0,
  };
  return new ComponentInstance(code, undefined, whole, undefined).exports;
}

/** State shared by all instances of a component and those in it. */
interface Whole extends Surroundings {
  readonly started: Set<number>;
  readonly memories: Map<object, GuestMemory>;
  /** Definitions done so far: a component may be instantiated many times. */
  definitions: number;
  /** Nesting depth of the instances being made. */
  depth: number;
}

const mostDefinitions = 100_000;
const mostNested = 100;

/** An instance of a component: its definitions are done one after another when it is made. */
class ComponentInstance implements Instance {
  readonly world: World;
  readonly handles: HandleTable;
  readonly context: [number, number] = [0, 0];
  readonly exports: Exports;
  mayLeave = true;
  running: Task | undefined;
  isBusy = false;
  backpressure = 0;
  readonly #whole: Whole;
  /** The component's imports; the host's interfaces if undefined. */
  readonly #given: ReadonlyMap<string, Item> | undefined;
  readonly #scope: Scope;
  readonly #exported = new Map<string, Item>();

  constructor(
    code: ComponentCode,
    outer: Scope | undefined,
    whole: Whole,
    given: ReadonlyMap<string, Item> | undefined,
  ) {
    this.world = whole.world;
    this.handles = new HandleTable(this.world.budget);
    this.#whole = whole;
    this.#given = given;
    this.#scope = new Scope(outer);
    whole.depth += 1;
    if (whole.depth > mostNested) throw new RangeError("its components are nested too deeply");
    for (const definition of code.definitions) {
      whole.definitions += 1;
      if (whole.definitions > mostDefinitions)
        throw new UnservedError(`more than ${mostDefinitions} parts`);
      this.#define(definition);
    }
    whole.depth -= 1;
    this.exports = this.#exported;
  }

  #define(definition: Definition): void {
    const scope = this.#scope;
    switch (definition.kind) {
      case "core module":
        return scope.add({ sort: "core module", value: definition.module });
      case "core instance":
        return scope.add({ sort: "core instance", value: this.#coreInstance(definition) });
      case "core exports":
        return scope.add({
          sort: "core instance",
          value: new Map(
            definition.exports.map(({ name, sort, index }) => [
              name,
              scope.item(sort, index).value,
            ]),
          ),
        });
      case "component":
        return scope.add({ sort: "component", value: definition.component, in: scope });
      case "instance": {
        const component = scope.get("component", definition.component);
        const made = new ComponentInstance(
          component.value,
          component.in,
          this.#whole,
          this.#itemsOf(definition.given),
        );
        return scope.add({ sort: "instance", value: made.exports });
      }
      case "exports":
        return scope.add({ sort: "instance", value: this.#itemsOf(definition.exports) });
      case "alias":
        return scope.add(aliased(scope, definition.alias));
      case "type": {
        const value = typeOf(this.world.types, scope, definition.type, (destructor) =>
          this.#resource(destructor),
        );
        return scope.add({ sort: "type", value });
      }
      case "canonical":
        return scope.add(this.#canonical(definition.canonical));
      case "import":
        return scope.add(this.#imported(definition.name, definition.description));
      case "export": {
        const item = scope.item(definition.sort, definition.index);
        this.#exported.set(definition.name, item);
        return scope.add(item);
      }
    }
  }

  #itemsOf(named: readonly Named[]): ReadonlyMap<string, Item> {
    return new Map(
      named.map(({ name, sort, index }) => [name, this.#scope.item(sort, index)] as const),
    );
  }

  #imported(name: string, description: Description): Item {
    if (this.#given !== undefined) {
      const item = this.#given.get(name);
      if (item === undefined || !this.#isAsDescribed(item, description))
        throw new RangeError("a component in it is not given its imports");
      return item;
    }
    const scope = this.#scope;
    if (description.kind === "type")
      return { sort: "type", value: scope.get("type", description.same).value };
    if (description.kind !== "instance")
      throw new ImportError(`it imports ${name}, which is no interface there`);
    const { value } = scope.get("type", description.type);
    if (value.kind !== "instance")
      throw new ImportError(`it imports ${name}, which is no interface there`);
    return {
      sort: "instance",
      value: importedInstance(
        {
          types: this.world.types,
          make: (type, call) => new HostFunction(this.world, type, call),
        },
        name,
        value,
        this.#whole.host,
      ),
    };
  }

  /** Tells if an item has the sort, and for a function the type, that a component in it imports. */
  #isAsDescribed(item: Item, description: Description): boolean {
    switch (description.kind) {
      case "func": {
        const { value } = this.#scope.get("type", description.type);
        return (
          item.sort === "func" &&
          value.kind === "function" &&
          isSameFunction(item.value.type, value.type)
        );
      }
      case "type":
      case "resource":
        return item.sort === "type";
      case "component":
      case "instance":
      case "core module":
        return item.sort === description.kind;
    }
  }

  #coreInstance({
    module: index,
    given,
  }: Definition & { readonly kind: "core instance" }): ReadonlyMap<string, unknown> {
    const { value: module } = this.#scope.get("core module", index);
    // Each has its share of the memory; another instance would have as much again.
    const { started, core } = this.#whole;
    if (started.has(module)) throw new UnservedError("two instances of one module");
    started.add(module);
    return core(
      module,
      new Map(
        given.map(({ name, instance }) => [name, this.#scope.get("core instance", instance).value]),
      ),
    );
  }

  #resource(destructor: number | undefined): Resource {
    const destroy =
      destructor === undefined ? undefined : this.#scope.get("core func", destructor).value;
    return new Resource("a resource of the component", this, (rep) => void destroy?.(rep));
  }

  #canonical(canonical: Canonical): Item {
    if (canonical.kind === "lift") return this.#lifted(canonical);
    if (canonical.kind !== "lower") return this.#guarded(builtin(this, canonical, this.#numbered));
    const { options } = canonical;
    const callee = this.#scope.get("func", canonical.function).value;
    const how = options.isAsync ? "async" : "sync";
    return this.#guarded(lowered(this, this.#abi(options), callee, how));
  }

  #lifted({ core, options, type }: Canonical & { readonly kind: "lift" }): Item {
    const { value } = this.#scope.get("type", type);
    if (value.kind !== "function") throw new RangeError("it lifts something that is no function");
    return {
      sort: "func",
      value: new LiftedFunction(value.type, {
        abi: this.#abi(options),
        instance: this,
        core: this.#scope.get("core func", core).value,
        callback: this.#coreFunction(options.callback),
        postReturn: this.#coreFunction(options.postReturn),
        isAsync: options.isAsync,
      }),
    };
  }

  readonly #numbered: Numbered = {
    resource: (type) => resourceOf(this.#scope, type),
    channel: (type) => {
      const { value } = this.#scope.get("type", type);
      if (value.kind !== "value" || (value.type.kind !== "stream" && value.type.kind !== "future"))
        throw new RangeError("it copies something that is neither a stream nor a future");
      return value.type;
    },
    abi: (options) => this.#abi(options),
    memory: (memory) => this.#abi({ encoding: "utf8", memory, realloc: undefined }),
    result: (code) =>
      code === undefined ? undefined : valueType(this.world.types, this.#scope, code),
  };

  #abi({ memory, realloc, encoding }: Pick<Options, "memory" | "realloc" | "encoding">): Abi {
    return {
      home: this,
      encoding,
      memory: memory === undefined ? undefined : this.#memoryOf(memory),
      realloc: this.#coreFunction(realloc),
    };
  }

  #memoryOf(index: number): GuestMemory {
    const { value } = this.#scope.get("core memory", index);
    const { memories } = this.#whole;
    const known = memories.get(value);
    if (known !== undefined) return known;
    const made = new GuestMemory(value);
    memories.set(value, made);
    return made;
  }

  #coreFunction(index: number | undefined): CoreFunction | undefined {
    return index === undefined ? undefined : this.#scope.get("core func", index).value;
  }

  /** Wraps a host call so that any error that it throws ends the guest. */
  #guarded(call: CoreFunction): Item {
    return { sort: "core func", value: guard(call, this.world.ending) };
  }
}
