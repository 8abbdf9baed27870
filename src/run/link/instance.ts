import { guard } from "../ending/guard.ts";
import { type WasmModule, webAssembly } from "../wasm/web-assembly.ts";
import { type Abi, type CoreFunction, trap } from "./abi/abi.ts";
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
import { importedInstance, type HostLookup } from "./imported.ts";
import { Resource } from "./abi/resource.ts";
import { type Exports, type Item, Scope } from "./scope.ts";
import { lowered } from "./abi/subtask.ts";
import { type Instance, LiftedFunction, type Task } from "./abi/task.ts";
import { aliased, resourceOf, typeOf, valueType } from "./type-scope.ts";
import type { World } from "./abi/world.ts";

/** What a component is made an instance with. */
export interface Surroundings {
  readonly world: World;
  /** Its core modules, by number, each of which may be made an instance once. */
  readonly modules: readonly WasmModule[];
  readonly host: HostLookup;
}

/** Makes an instance of a component that imports the host's interfaces. Returns what it exports. */
export function instantiate(code: ComponentCode, surroundings: Surroundings): Exports {
  const started = new Set<WasmModule>();
  const memories = new Map<object, GuestMemory>();
  return new ComponentInstance(code, undefined, surroundings, started, memories, undefined).exports;
}

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
  readonly #surroundings: Surroundings;
  readonly #started: Set<WasmModule>;
  readonly #memories: Map<object, GuestMemory>;
  /** What the component was given for its imports; the host's interfaces where this is undefined. */
  readonly #given: ReadonlyMap<string, Item> | undefined;
  readonly #scope: Scope;
  readonly #exported = new Map<string, Item>();

  constructor(
    code: ComponentCode,
    outer: Scope | undefined,
    surroundings: Surroundings,
    started: Set<WasmModule>,
    memories: Map<object, GuestMemory>,
    given: ReadonlyMap<string, Item> | undefined,
  ) {
    this.world = surroundings.world;
    this.handles = new HandleTable(this.world.budget);
    this.#surroundings = surroundings;
    this.#started = started;
    this.#memories = memories;
    this.#given = given;
    this.#scope = new Scope(outer);
    // One more for itself: it may hold nothing.
    this.world.make(code.definitions.length + 1);
    for (const definition of code.definitions) this.#define(definition);
    this.exports = this.#exported;
  }

  #define(definition: Definition): void {
    const scope = this.#scope;
    switch (definition.kind) {
      case "core module": {
        const value = this.#surroundings.modules[definition.module];
        if (value === undefined) throw new Error("a core module was not compiled");
        return scope.add({ sort: "core module", value });
      }
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
          this.#surroundings,
          this.#started,
          this.#memories,
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
      if (item === undefined) throw new RangeError("a component in it lacks an import");
      return item;
    }
    const scope = this.#scope;
    if (description.kind === "type")
      return { sort: "type", value: scope.get("type", description.same).value };
    if (description.kind !== "instance") throw new RangeError("it imports what is no interface");
    const { value } = scope.get("type", description.type);
    if (value.kind !== "instance") throw new RangeError("it imports what is no interface");
    return {
      sort: "instance",
      value: importedInstance(
        {
          types: this.world.types,
          make: (type, call) => new HostFunction(this.world, type, call),
        },
        name,
        value,
        this.#surroundings.host,
      ),
    };
  }

  #coreInstance({
    module: index,
    given,
  }: Definition & { readonly kind: "core instance" }): ReadonlyMap<string, unknown> {
    const { value: module } = this.#scope.get("core module", index);
    // Each has its share of the memory; another instance would have as much again.
    if (this.#started.has(module)) throw trap("two instances of one module");
    this.#started.add(module);
    const imports: Record<string, Record<string, unknown>> = Object.create(null);
    for (const { name, instance } of given) {
      const members: Record<string, unknown> = Object.create(null);
      for (const [key, value] of this.#scope.get("core instance", instance).value)
        members[key] = value;
      imports[name] = members;
    }
    const made = new webAssembly.Instance(module, imports);
    return new Map(Object.entries(made.exports));
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
    if (value.kind !== "function") throw new RangeError("it lifts what is no function");
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
        throw new RangeError("it copies what is no stream and no future");
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
    const known = this.#memories.get(value);
    if (known !== undefined) return known;
    const made = new GuestMemory(value);
    this.#memories.set(value, made);
    return made;
  }

  #coreFunction(index: number | undefined): CoreFunction | undefined {
    return index === undefined ? undefined : this.#scope.get("core func", index).value;
  }

  /** Whatever a call of the host's throws ends the guest. */
  #guarded(call: CoreFunction): Item {
    return { sort: "core func", value: guard(call, this.world.ending) };
  }
}
