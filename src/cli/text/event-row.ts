import { type Event, deletedMark, personsPid } from "../../../journal/index.ts";
import {
  type Printable,
  counted,
  formatBytes,
  formatCount,
  formatMode,
  joined,
  phrase,
  printable,
  printableName,
  words,
} from "../../text/index.ts";
import { usualModes, verdictOf } from "../../fs/index.ts";
import { refusedPlace } from "../../history/index.ts";
import { commandLineOf } from "../command/command-line.ts";
import type { Glyphs } from "../command/glyphs.ts";

/** An event, or a streak of writes to one file, as columns for people. */
export interface EventRow {
  readonly op: Printable;
  readonly size: Printable;
  readonly path: Printable;
  /** Target of a rename or a symlink. */
  readonly to?: Printable;
  readonly note: Printable;
}

/** Equal events in a row, or a cut and the writes after it, shown as one. */
export interface Streak {
  readonly event: Event;
  readonly count: number;
  readonly bytes: number;
}

const nothing = printable("");

export function eventRow({ event, count, bytes }: Streak, glyphs: Glyphs): EventRow {
  const op = printable(event.kind);
  switch (event.kind) {
    case "create":
    case "mkdir": {
      const usual = event.kind === "create" ? usualModes.file : usualModes.directory;
      const note = event.mode === undefined || event.mode === usual ? nothing : modeNote(event);
      return { op, size: nothing, path: printableName(event.path), note };
    }
    case "mknod": {
      const note = event.mode === undefined ? nothing : modeNote(event);
      const type = event.type === "fifo" ? words("named pipe") : words("socket");
      return {
        op,
        size: nothing,
        path: printableName(event.path),
        note: note === nothing ? type : joined([type, note], ", "),
      };
    }
    case "set-xattr":
    case "revert-xattr":
    case "remove-xattr": {
      const size = event.kind === "remove-xattr" ? nothing : formatBytes(event.length);
      const note = printableName(event.attribute);
      return { op, size, path: printableName(event.path), note };
    }
    case "exchange": {
      const to = printableName(event.to);
      return { op, size: nothing, path: printableName(event.path), to, note: nothing };
    }
    case "process": {
      const from =
        event.startedBy === undefined ? nothing : printable(`from process ${event.startedBy}`);
      return { op, size: nothing, path: processWords(event), note: from };
    }
    case "decision": {
      const who = event.answered === undefined ? "" : ` by ${event.answered}`;
      const more = event.count === undefined ? "" : ` ×${event.count} more`;
      const note = printable(`${event.operation}: ${event.action}${who} (${event.rule})${more}`);
      return { op, size: nothing, path: printableName(event.path), note };
    }
    case "set-mode":
      return { op, size: nothing, path: printableName(event.path), note: modeNote(event) };
    case "link":
    case "unlink":
    case "rmdir":
    case "set-times":
    case "open":
      return { op, size: nothing, path: printableName(event.path), note: nothing };
    case "listing": {
      const note = phrase`${counted(event.entries, "entry", "entries")}, bytes when they are needed`;
      return { op, size: formatBytes(event.promised), path: printableName(event.path), note };
    }
    case "fetch": {
      const size = formatBytes(event.length);
      return { op, size, path: printableName(event.path), note: nothing };
    }
    case "symlink":
      return {
        op,
        size: nothing,
        path: printableName(event.path),
        to: printableName(event.target),
        note: nothing,
      };
    case "rename": {
      const note = event.replaced === undefined ? nothing : printable("(replaced)");
      return {
        op,
        size: nothing,
        path: printableName(event.path),
        to: printableName(event.to),
        note,
      };
    }
    case "write":
    case "read":
      return {
        op: times(op, count, glyphs),
        size: formatBytes(bytes),
        path: printableName(event.path),
        note: nothing,
      };
    case "set-size":
    case "revert": {
      // A file that was truncated and rewritten was saved.
      if (count > 1)
        return {
          op: words("save"),
          size: formatBytes(bytes),
          path: printableName(event.path),
          note: nothing,
        };
      const size = joined([printable("="), formatBytes(event.size)], "");
      return { op, size, path: printableName(event.path), note: nothing };
    }
    case "run-start":
      return { op, size: nothing, path: commandLineOf(event), note: nothing };
    case "run-end": {
      const reason = event.reason === undefined ? nothing : printable(event.reason);
      return { op, size: nothing, path: printable(`exit ${event.exit}`), note: reason };
    }
    case "mark": {
      const deleted = deletedMark(event.name);
      return {
        op,
        size: nothing,
        path: printableName(deleted ?? event.name),
        note: printable(deleted === undefined ? `at ${event.at}` : "deleted"),
      };
    }
    case "fail": {
      const { operation, error, limit } = event;
      const why = limit === undefined ? error : `${error}, limit ${limit}`;
      const call = refusedPlace(operation).path === "from" ? `${operation} (from)` : operation;
      return {
        op: times(printable(verdictOf(event)), event.count, glyphs),
        size: nothing,
        path: printableName(event.path),
        note: printable(`${call}: ${why}`),
      };
    }
  }
}

function processWords({ number, pid, args }: Extract<Event, { kind: "process" }>): Printable {
  if (pid === personsPid) return printable(`${number}: person: ${args.join(" ")}`);
  const command = args.length === 0 ? `pid ${pid}, gone before it could be asked` : args.join(" ");
  return printable(`${number}: ${command}`);
}

function modeNote({ mode }: { readonly mode?: number }): Printable {
  return mode === undefined ? words("no mode") : joined([words("mode"), formatMode(mode)]);
}

function times(op: Printable, count: number, { times: sign }: Glyphs): Printable {
  return count === 1 ? op : joined([op, joined([sign, formatCount(count)], "")]);
}
