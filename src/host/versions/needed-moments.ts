import type { Moment } from "./moments.ts";
import { PathSet } from "./path-set.ts";

/** Tells if both sides agreed on all of the folder then, but for what was left. */
export function isWhole({ kind, only, within }: Moment): boolean {
  return kind === "whole" && only === undefined && within === undefined;
}

/** Returns the last moments, the latest first, that are needed to cover every path. */
export function neededMoments(moments: readonly Moment[]): Moment[] {
  const needed: Moment[] = [];
  let left: readonly string[] = [""];
  for (const moment of moments.toReversed()) {
    const paths = new MomentPaths(moment);
    if (!left.some((path) => paths.mayTell(path))) continue;
    needed.push(moment);
    if (moment.kind === "whole") left = left.flatMap((path) => paths.stillLeft(path));
    if (left.length === 0) break;
  }
  return needed;
}

class MomentPaths {
  readonly #left: readonly string[];
  readonly #excepted: PathSet;
  readonly #only: PathSet | undefined;
  readonly #within: PathSet | undefined;

  constructor({ only, within, left }: Moment) {
    this.#left = left;
    this.#excepted = new PathSet(left);
    this.#only = only && new PathSet(only);
    this.#within = within && new PathSet(within);
  }

  mayTell(path: string): boolean {
    const inside = [this.#only, this.#within].every((paths) => paths?.touches(path) ?? true);
    return inside && !this.#excepted.has(path);
  }

  /** Returns which paths, at or below a path, only earlier moments cover. */
  stillLeft(path: string): readonly string[] {
    const isAll = this.#within === undefined && (this.#only?.has(path) ?? true);
    // This moment covers some paths below it; the names of the others are unknown.
    if (!isAll || this.#excepted.has(path)) return [path];
    if (!this.#excepted.isBelow(path)) return [];
    const below = new PathSet([path]);
    return this.#left.filter((one) => below.has(one));
  }
}
