import { globNames, type GlobName } from "../history/index.ts";

/**
 * Compares paths with the globs of many rules at once, name by name. The cost of a name goes by the different globs with
 * wild characters in their middle or at their end, not by the number of all.
 */
export class PathIndex {
  readonly root: Reached;
  readonly #fold: (name: string) => string;

  /** `fold` is applied to globs and names: with it they fit whatever the case. */
  constructor(
    globs: Iterable<readonly [rule: number, glob: string]>,
    fold: (name: string) => string,
  ) {
    this.#fold = fold;
    const top = new Node(false);
    for (const [rule, glob] of globs)
      for (const names of globNames(fold(glob))) top.add(names, rule);
    this.root = reachedBy([top], none);
  }

  /** Returns what is reached by one more name. What fits a path fits all below it. */
  step(from: Reached, name: string): Reached {
    if (from.nodes.length === 0) return from;
    const folded = this.#fold(name);
    const next: Node[] = [];
    for (const node of from.nodes) node.follow(folded, next);
    return reachedBy(next, from.rules);
  }
}

/** The places that globs have come to along a path. */
export interface Reached {
  /** The rules of which a glob fits this path. */
  readonly rules: ReadonlySet<number>;
  /** The rules of which a glob may fit a path below this one. */
  readonly below: ReadonlySet<number>;
  /** The same, without globs that begin anew at any depth: of these a name has been passed. */
  readonly begun: ReadonlySet<number>;
  readonly nodes: readonly Node[];
}

/** A place in globs that begin alike. */
class Node {
  /** Any number of names may stand here. */
  readonly deep: boolean;
  /** No name has been passed. */
  readonly isStart: boolean;
  readonly #literals = new Map<string, Node>();
  /** By length of the ending, then by ending. */
  readonly #endings = new Map<number, Map<string, Node>>();
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
        return entry(entry(this.#endings, name.end.length, newMap), name.end, made);
      case "wild": {
        const node = made();
        this.#wild.push({ fits: name.fits, node });
        return node;
      }
    }
  }

  /** Adds the places that a name leads to. */
  follow(name: string, to: Node[]): void {
    if (this.deep) to.push(this);
    const literal = this.#literals.get(name);
    if (literal !== undefined) to.push(literal);
    for (const [length, byEnding] of this.#endings) {
      const found =
        length > name.length ? undefined : byEnding.get(name.slice(name.length - length));
      if (found !== undefined) to.push(found);
    }
    for (const { fits, node } of this.#wild) if (fits(name)) to.push(node);
  }
}

function newMap(): Map<string, Node> {
  return new Map();
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
