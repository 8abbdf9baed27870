import { existsSync, realpathSync } from "node:fs";
import { relative, resolve } from "node:path";

import { isGlob, pathMatcher } from "./path-pattern.ts";

/** Selects paths below a directory. */
export interface Selection {
  readonly selects: (path: string) => boolean;
  /** Returns the arguments that selected nothing. */
  readonly unmatched: () => readonly string[];
}

interface Test {
  readonly given: string;
  readonly matches: (path: string) => boolean;
}

/**
 * Parses the paths of a command that works on a directory: relative to the directory, or to the working directory.
 * Undefined if all of it is meant.
 */
export function selectionOf(
  directory: string,
  paths: readonly string[],
  except: readonly string[],
): Selection | undefined {
  if (paths.length === 0 && except.length === 0) return undefined;
  const wanted = paths.map((path) => testOf(directory, path));
  const unwanted = except.map((path) => testOf(directory, path));
  const used = new Set<string>();
  const selects = (path: string): boolean => {
    const found = wanted.filter(({ matches }) => matches(path));
    for (const { given } of found) used.add(given);
    const isWanted = wanted.length === 0 || found.length > 0;
    return isWanted && !unwanted.some(({ matches }) => matches(path));
  };
  return { selects, unmatched: () => paths.filter((path) => !used.has(path)) };
}

function testOf(directory: string, given: string): Test {
  if (isGlob(given)) {
    const matches = pathMatcher(given);
    return { given, matches: (path) => matches(`/${path}`) };
  }
  const top = existsSync(directory) ? realpathSync(directory) : resolve(directory);
  const inside = [resolve(top, given), resolve(given)].flatMap((path) => {
    const below = relative(top, path);
    return below === ".." || below.startsWith("../") ? [] : [below];
  });
  return {
    given,
    matches: (path) =>
      inside.some((one) => one === "" || path === one || path.startsWith(`${one}/`)),
  };
}
