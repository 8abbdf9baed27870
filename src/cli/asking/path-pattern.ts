import { holdsForNames } from "../../history/index.ts";

/**
 * Returns a test for the paths that a pattern selects. A pattern without "/" matches names at any depth; a selected
 * path includes everything below it. `*` stays within a name, `**` does not.
 */
export async function pathMatcher(pattern: string): Promise<(path: string) => boolean> {
  const { default: picomatch } = await import("picomatch");
  // Without the leading slash on both sides: after one, picomatch's `**` stands for at least one name.
  const relative = pattern.replace(/^(?:\.?\/)+/, "").replace(/\/+$/, "");
  if (relative === "") return () => true;
  const glob = /\/./.test(pattern) ? relative : `**/${relative}`;
  const options = { dot: true, nonegate: true, strictSlashes: true };
  const itself = picomatch(glob, options);
  const below = picomatch(`${glob}/**`, options);
  const test = (names: string) => itself(names) || below(names);
  return (path) => holdsForNames(path, test);
}

/** Tells if a pattern stands for more than one path. */
export async function isGlob(pattern: string): Promise<boolean> {
  const { default: picomatch } = await import("picomatch");
  return picomatch.scan(pattern).isGlob;
}
