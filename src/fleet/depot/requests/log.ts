/** An entry of a depot's log: when, how bad, what happened, and facts about it. */
export interface LogEntry {
  readonly time: string;
  readonly level: "info" | "error";
  readonly message: string;
  readonly [fact: string]: string | number;
}

/** Writes what happened in a depot: a message, and facts about it, which may be of whoever sends to it. */
export type Log = (
  level: LogEntry["level"],
  message: string,
  facts?: Readonly<Record<string, string | number>>,
) => void;

/** Returns a log that gives each entry its time. */
export function logTo(write: (entry: LogEntry) => void): Log {
  return (level, message, facts = {}) =>
    write({ time: new Date().toISOString(), level, message, ...facts });
}
