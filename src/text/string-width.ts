import { createRequire } from "node:module";

const require = createRequire(import.meta.url);
let loaded: typeof import("string-width").default | undefined;

/**
 * Returns the cells that the text takes, escapes counted as they stand. The package makes a segmenter and large regular
 * expressions as it is loaded, which takes a fifth of a short command's time: so it is loaded with the first text that
 * needs it.
 */
export function stringWidth(text: string): number {
  loaded ??= (require("string-width") as typeof import("string-width")).default;
  return loaded(text, { countAnsiEscapeCodes: true });
}
