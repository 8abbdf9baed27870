import type { Ino, Seq } from "../../journal/index.ts";
import type { Printable } from "../../src/text/index.ts";
import { type Criteria, formatCriteria } from "./find.ts";
import { unicode } from "../draw/glyphs.ts";

/** Condition at which a run forward or backward stops. */
export type Breakpoint =
  | { readonly kind: "events"; readonly criteria: Criteria }
  /** Any event that changes these bytes of a file; half-open. */
  | {
      readonly kind: "bytes";
      readonly ino: Ino;
      /** The file's path when the breakpoint was set. */
      readonly path: string;
      readonly start: number;
      readonly end: number;
      /** The moment at which the bytes were chosen. */
      readonly at?: Seq;
    };

export function sameBreakpoint(one: Breakpoint, other: Breakpoint): boolean {
  return JSON.stringify(one, asList) === JSON.stringify(other, asList);
}

function asList(_: string, value: unknown): unknown {
  return value instanceof Set ? [...value] : value;
}

/** Describes a breakpoint for people; it can contain names that a guest chose. */
export function breakpointText(breakpoint: Breakpoint, guest = unicode.guest): Printable {
  if (breakpoint.kind === "events")
    return guest(formatCriteria(breakpoint.criteria) || "any event");
  const { path, start, end } = breakpoint;
  return guest(`bytes ${start}-${end} of ${path}`);
}
