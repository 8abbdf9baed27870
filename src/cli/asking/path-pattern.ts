import {
  GlobError,
  globMatcher,
  holdsForNames,
  isGlob as standsForMany,
} from "../../history/index.ts";
import { UsageError } from "../command/failure.ts";

/**
 * Returns a test for the paths that a pattern selects: see `globMatcher`. A selected path includes everything below it.
 * Throws UsageError for a pattern whose braces stand for too much.
 */
export function pathMatcher(pattern: string): (path: string) => boolean {
  const matches = told(pattern, () => globMatcher(pattern));
  return (path) => holdsForNames(path, matches);
}

/** Tells if a pattern stands for more than one path. Throws UsageError. */
export function isGlob(pattern: string): boolean {
  return told(pattern, () => standsForMany(pattern));
}

function told<T>(pattern: string, act: () => T): T {
  try {
    return act();
  } catch (error) {
    if (!(error instanceof GlobError)) throw error;
    throw new UsageError(
      `${pattern} cannot be looked for: ${error.message}`,
      "give several patterns",
    );
  }
}
