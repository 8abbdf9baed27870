import { type Event, openReader } from "../../journal/index.ts";

/** Returns all events of a journal's file. */
export function eventsOf(file: string): readonly Event[] {
  const reader = openReader(file);
  try {
    return reader.events(1, reader.head());
  } finally {
    reader.close();
  }
}
