import type { RunStart } from "../../journal/index.ts";
import { type Printable, printable } from "../text/index.ts";

/** What was run as it might have been typed: a guest and its arguments, or what else made the run. */
export function commandLineOf({ cause, guest, args }: RunStart): Printable {
  // What is not a guest may have its subject among its arguments as well.
  const words =
    guest === "" || (cause !== "guest" && args.includes(guest)) ? args : [guest, ...args];
  const quoted = words.map(quote);
  return printable((cause === "guest" ? quoted : [cause, ...quoted]).join(" "));
}

/** In quotes where a shell would see more than one plain word. */
function quote(word: string): string {
  return /^[\p{L}\p{N}_@%+=:,./~^-]+$/u.test(word)
    ? word
    : `'${word.replaceAll("'", String.raw`'\''`)}'`;
}
