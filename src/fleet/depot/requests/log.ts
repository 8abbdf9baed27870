/** Writes what happened in a depot: a message, and facts about it. */
export type Log = (
  level: "info" | "error",
  message: string,
  facts?: Readonly<Record<string, string | number>>,
) => void;

/** Returns a log that writes one JSON object a line. */
export function jsonLog(write: (line: string) => void): Log {
  return (level, message, facts = {}) =>
    write(JSON.stringify({ time: new Date().toISOString(), level, message, ...facts }));
}
