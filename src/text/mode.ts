import type { Printable } from "./printable.ts";

/** Formats permission bits the way `chmod` takes them: four octal digits. */
export function formatMode(mode: number): Printable {
  return mode.toString(8).padStart(4, "0") as Printable;
}
