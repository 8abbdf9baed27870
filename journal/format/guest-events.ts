import type { Event, Kind } from "./event.ts";
import { fieldsOf, valueOf } from "./kinds.ts";

/** The kinds that calls of a guest can make. All others are the keeper's own, or those of native programs. */
const ofGuests: ReadonlySet<Kind> = new Set([
  "create",
  "mkdir",
  "symlink",
  "link",
  "unlink",
  "rmdir",
  "rename",
  "write",
  "set-size",
  "set-times",
  "fail",
  "decision",
  "fetch",
  "read",
  "open",
]);

/** Says why a guest's process cannot have recorded an event, whatever it did; undefined where it can. */
export function faultOfGuest(event: Event): string | undefined {
  if (!ofGuests.has(event.kind)) return "no guest records that";
  if ("by" in event && event.by !== undefined) return "a guest names no process";
  // It names what the guest touched, which may be a native program's.
  if (event.kind === "decision") return undefined;
  for (const [name] of fieldsOf(event.kind)) {
    const value = valueOf(event, name);
    if (typeof value === "string" && !value.isWellFormed()) return "no guest's text is that";
  }
  return undefined;
}
