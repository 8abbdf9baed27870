import { type Source, undoStack } from "../index.ts";

/**
 * Returns the number of the last run that changed something and is not taken back; undefined where there is none. A
 * server that is started again has an import behind it, which most often changed nothing.
 */
export function lastChange(source: Source): number | undefined {
  return undoStack(source).done.at(-1)?.run;
}
