import { globNames, type GlobName } from "../history/index.ts";

/**
 * Compares paths with the globs of many rules at once, name by name. The cost of a name goes by the different globs with
 * wild characters in their middle, not by the number of all.
 */
export class PathIndex {
  readonly root: Reached;
  readonly #fold: (name: string) => string;

  /** `fold` is applied to globs and names: with it they fit whatever the case. */
  constructor(
    globs: readonly (readonly [rule: number, glob: string])[],
    fold: (name: string) => string,
  ) {
    this.#fold = fold;
    const top = new Node(false);
    for (const [rule, glob] of globs)
      for (const names of globNames(fold(glob))) top.add(names, rule);
    this.root = reachedBy(globs.length === 0 ? [] : [top], none);
  }

  /** Returns what is reached by one more name. What fits a path fits all below it. */
  step(from: Reached, name: string): Reached {
    if (from.nodes.length === 0) return from;
    const folded = this.#fold(name);
    const next: Node[] = [];
    for (const node of from.nodes) node.follow(folded, next);
    // Most names are in no glob: then only those go on that fit at any depth.
    if (next.length === 0)
      return (from.onward ??= reachedBy(from.nodes.filter(isDeep), from.rules));
    return reachedBy([...from.nodes.filter(isDeep), ...next], from.rules);
  }
}

const isDeep = ({ deep }: Node): boolean => deep;

/** The places that globs have come to along a path. */
export interface Reached {
  /** The rules of which a glob fits this path. */
  readonly rules: ReadonlySet<number>;
  /** The rules of which a glob may fit a path below this one. */
  readonly below: ReadonlySet<number>;
  /** The same, but for globs that may begin at any depth: of those here at least one name has been matched. */
  readonly begun: ReadonlySet<number>;
  readonly nodes: readonly Node[];
  /** Kept: the places that a name leads to which stands in no glob. */
  onward?: Reached;
}

/** A place in globs that begin alike. */
class Node {
  /** True where any number of names may stand. */
  readonly deep: boolean;
  /** True where no name has been matched yet. */
  readonly isStart: boolean;
  readonly #literals = new Map<string, Node>();
  readonly #endings = new Affixes<Node>((name, length) => name.slice(name.length - length));
  readonly #beginnings = new Affixes<Node>((name, length) => name.slice(0, length));
  readonly #wild: { readonly fits: (name: string) => boolean; readonly node: Node }[] = [];
  /** The rules whose globs end here, and those whose globs end behind this. */
  readonly rules = new Set<number>();
  readonly below = new Set<number>();
  #any: Node | undefined;

  constructor(deep: boolean, isStart = true) {
    this.deep = deep;
    this.isStart = isStart;
  }

  /** The place behind any number of names. */
  get any(): Node | undefined {
    return this.#any;
  }

  add(names: readonly GlobName[], rule: number): void {
    const [first, ...rest] = names;
    if (first === undefined) {
      this.rules.add(rule);
      return;
    }
    this.below.add(rule);
    this.#next(first).add(rest, rule);
  }

  #next(name: GlobName): Node {
    const made = () => new Node(false, false);
    switch (name.kind) {
      case "any names":
        // Several in a row are one.
        return this.deep ? this : (this.#any ??= new Node(true, this.isStart));
      case "literal":
        return entry(this.#literals, name.name, made);
      case "ending":
        return this.#endings.entry(name.end, name.end.at(-1), made);
      case "beginning":
        return this.#beginnings.entry(name.start, name.start[0], made);
      case "wild": {
        const node = made();
        this.#wild.push({ fits: name.fits, node });
        return node;
      }
    }
  }

  /** Adds the places that a name leads to, but for this one itself. */
  follow(name: string, to: Node[]): void {
    if (this.#literals.size > 0) {
      const literal = this.#literals.get(name);
      if (literal !== undefined) to.push(literal);
    }
    this.#endings.follow(name, name.charCodeAt(name.length - 1), to);
    this.#beginnings.follow(name, name.charCodeAt(0), to);
    for (const { fits, node } of this.#wild) if (fits(name)) to.push(node);
  }
}

/** Values by the beginnings, or the ends, of names. */
class Affixes<T> {
  readonly #part: (name: string, length: number) => string;
  readonly #byLength = new Map<number, Map<string, T>>();
  /** The codes of the outermost characters, of which one must be a name's; "any" if some affix is empty. */
  readonly #outermost = new Set<number>();
  #isAny = false;

  constructor(part: (name: string, length: number) => string) {
    this.#part = part;
  }

  entry(affix: string, outermost: string | undefined, make: () => T): T {
    if (outermost === undefined) this.#isAny = true;
    else
      this.#outermost.add(outermost.charCodeAt(outermost.length - 1)).add(outermost.charCodeAt(0));
    return entry(
      entry(this.#byLength, affix.length, () => new Map<string, T>()),
      affix,
      make,
    );
  }

  follow(name: string, outermost: number, to: T[]): void {
    if (!this.#isAny && !this.#outermost.has(outermost)) return;
    for (const [length, values] of this.#byLength) {
      const found = length > name.length ? undefined : values.get(this.#part(name, length));
      if (found !== undefined) to.push(found);
    }
  }
}

function entry<K, V>(map: Map<K, V>, key: K, make: () => V): V {
  const known = map.get(key);
  if (known !== undefined) return known;
  const made = make();
  map.set(key, made);
  return made;
}

const none: ReadonlySet<number> = new Set();

function reachedBy(found: readonly Node[], before: ReadonlySet<number>): Reached {
  const nodes = new Set(found);
  for (const node of nodes) if (node.any !== undefined) nodes.add(node.any);
  let rules = before;
  let below = none;
  let begun = none;
  for (const node of nodes) {
    if (node.rules.size > 0) rules = union(rules, node.rules);
    if (node.below.size > 0) below = union(below, node.below);
    if (node.below.size > 0 && !node.isStart) begun = union(begun, node.below);
  }
  return { rules, below, begun, nodes: [...nodes] };
}

function union(one: ReadonlySet<number>, other: ReadonlySet<number>): ReadonlySet<number> {
  if (one.size === 0) return other;
  for (const rule of other) if (!one.has(rule)) return new Set([...one, ...other]);
  return one;
}
