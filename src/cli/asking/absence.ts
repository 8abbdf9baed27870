import type { Event, Seq } from "../../../journal/index.ts";
import { type History, lookup, whereabouts } from "../../history/index.ts";
import { NoAnswerError } from "../command/failure.ts";

/**
 * Returns the error for a path without an entry just after event `seq`, which the user named `revision`; says where
 * there is one.
 */
export function absent(history: History, path: string, seq: Seq, revision: string): NoAnswerError {
  const moment = /^#?\d+$/.test(revision) ? `at event ${seq}` : `at ${revision} (event ${seq})`;
  const inode = lookup(history.at(seq), path);
  if (inode?.type === "symlink") {
    return new NoAnswerError(
      `${path} leads nowhere ${moment}: it is a link to ${inode.target}`,
      "rewindfs stat tells of the link itself",
    );
  }
  const hint = hintAt(history, path, seq, (at) => `--at ${at} has it`);
  return new NoAnswerError(`there is no ${path} ${moment}`, hint);
}

/** Says where a path has an entry that it lacks just after event `seq`. */
export function hintAt(
  history: History,
  path: string,
  seq: Seq,
  there = (at: number): string => `it is there at event ${at}`,
): string {
  const found = whereabouts(history, path, seq);
  switch (found.kind) {
    case "gone":
      return `event ${found.by.seq} ${took(found.by, path)}; ${there(found.by.seq - 1)}`;
    case "comes":
      return `it comes with event ${found.with.seq}; ${there(found.with.seq)}`;
    case "unknown":
      return found.near === undefined
        ? "rewindfs tree shows the files now, rewindfs log their events"
        : `did you mean ${found.near}?`;
  }
}

function took(event: Event, path: string): string {
  if (event.kind === "exchange")
    return `exchanged it with ${event.path === path ? event.to : event.path}`;
  if (event.kind !== "rename") return "removed it";
  return event.path === path ? `moved it to ${event.to}` : `moved ${event.path} to ${event.to}`;
}
