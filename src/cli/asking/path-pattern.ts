import { holdsForNames } from "../../history/index.ts";

/**
 * Tells which paths a pattern selects. A pattern without "/" is matched against names, at any depth; what it selects
 * includes all that lies below. `*` stays within a name, `**` does not.
 */
export async function pathMatcher(pattern: string): Promise<(path: string) => boolean> {
  const { default: picomatch } = await import("picomatch");
  // Without the leading slash on both sides: behind one, picomatch's `**` stands for at least one name.
  const relative = pattern.replace(/^(?:\.?\/)+/, "").replace(/\/+$/, "");
  if (relative === "") return () => true;
  const glob = /\/./.test(pattern) ? relative : `**/${relative}`;
  const options = { dot: true, nonegate: true, strictSlashes: true };
  const itself = picomatch(glob, options);
  const below = picomatch(`${glob}/**`, options);
  const test = (names: string) => itself(names) || below(names);
  return (path) => holdsForNames(path, test);
}

/** Whether a pattern stands for more than one path. */
export async function isGlob(pattern: string): Promise<boolean> {
  const { default: picomatch } = await import("picomatch");
  return picomatch.scan(pattern).isGlob;
}
