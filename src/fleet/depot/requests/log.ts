import { type Printable, printableJson } from "../../../text/index.ts";

/** Writes what happened in a depot: a message, and facts about it. */
export type Log = (
  level: "info" | "error",
  message: string,
  facts?: Readonly<Record<string, string | number>>,
) => void;

/** Returns a log that writes one JSON object a line. What of it a terminal would take for more than text is escaped. */
export function jsonLog(write: (line: Printable) => void): Log {
  return (level, message, facts = {}) =>
    write(printableJson({ time: new Date().toISOString(), level, message, ...facts }));
}
