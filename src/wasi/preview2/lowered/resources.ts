import { trap } from "../../calls/trap.ts";

/** A handle table of jco's glue: a free-list head and a sentinel, then a pair for each handle: scope, rep and flag. */
export type HandleTable = number[];

const flag = 1 << 30;
const repSymbol = Symbol.for("cabiRep");

/**
 * The host's side of a guest's handles: each object that the guest may hold has a number, the rep, which stands in the
 * guest's handle table.
 */
export class Resources {
  readonly #most: number;
  #count = 0;
  readonly #objects: (object | undefined)[] = [undefined];
  readonly #free: number[] = [];

  /** A guest that hoards more than `most` handles traps: most calls that make one have no error to return instead. */
  constructor(most: number) {
    this.#most = most;
  }

  /** Gives the object a number, and the guest a handle for it. */
  own(table: HandleTable, object: object): number {
    return createHandle(table, this.#add(object));
  }

  /** Marks an object that reaches the guest through jco's glue, so that its number finds it, too. */
  mark<T extends object>(object: T): T {
    const rep = this.#add(object);
    const inherited = (object as Partial<Disposable>)[Symbol.dispose];
    return Object.defineProperties(object, {
      [repSymbol]: { value: rep },
      [Symbol.dispose]: {
        value: () => {
          this.#remove(rep);
          inherited?.call(object);
        },
      },
    });
  }

  /** Returns the object behind an argument of jco's glue: itself, or a stand-in that has only the number. */
  real(given: object, kind: Kind<object>): object {
    const rep: unknown = Reflect.get(given, repSymbol);
    return rep === undefined ? given : this.#checked(Number(rep), kind);
  }

  /** Returns the object of a handle. Traps for a handle that the guest made up. */
  lift<T extends object>(table: HandleTable, handle: number, kind: Kind<T>): T {
    return this.#checked(repOf(table, handle), kind);
  }

  /** Returns the table of a function's first argument. */
  tableOf(tables: readonly HandleTable[], handle: number, kind: Kind<object>): HandleTable {
    // Reps are unique over all kinds: in the right table the handle leads to the right kind.
    const table = tables.find((one) => this.#objects[repOf(one, handle)] instanceof kind);
    if (table === undefined) throw unknownHandle(handle);
    return table;
  }

  /** Called when the guest drops a handle that has only a number. */
  drop(rep: number): void {
    const object: Partial<Disposable> | undefined = this.#objects[rep];
    this.#remove(rep);
    object?.[Symbol.dispose]?.();
  }

  #add(object: object): number {
    if (this.#count >= this.#most) throw trap("too many handles");
    this.#count += 1;
    const rep = this.#free.pop() ?? this.#objects.length;
    this.#objects[rep] = object;
    return rep;
  }

  #remove(rep: number): void {
    if (this.#objects[rep] === undefined) return;
    this.#objects[rep] = undefined;
    this.#count -= 1;
    this.#free.push(rep);
  }

  #checked<T extends object>(rep: number, kind: Kind<T>): T {
    const object = this.#objects[rep];
    if (object instanceof kind) return object;
    throw unknownHandle(rep);
  }
}

export type Kind<T> = abstract new (...args: never[]) => T;

function repOf(table: HandleTable, handle: number): number {
  const at = handle << 1;
  const scope = table[at];
  const entry = table[at + 1];
  if (handle <= 0 || entry === undefined || scope === undefined || (scope & flag) !== 0) return 0;
  return entry & ~flag;
}

function createHandle(table: HandleTable, rep: number): number {
  const free = (table[0] ?? 0) & ~flag;
  if (free === 0) {
    table.push(0, rep | flag);
    return (table.length >> 1) - 1;
  }
  table[0] = table[free << 1] ?? flag;
  table[free << 1] = 0;
  table[(free << 1) + 1] = rep | flag;
  return free;
}

function unknownHandle(handle: number): Error {
  return trap(`unknown handle ${handle}`);
}
