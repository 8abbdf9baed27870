import { type Event, deletedMark, personsPid } from "../../journal/index.ts";
import { verdictOf } from "../../src/fs/index.ts";
import { runWords } from "../../src/history/index.ts";
import {
  type Printable,
  formatBytes,
  formatCount,
  formatMode,
  joined,
  words,
  phrase,
} from "../../src/text/index.ts";
import type { Glyphs } from "./glyphs.ts";

/** One event in pieces, for the columns of the timeline. */
export interface EventText {
  readonly operation: Printable;
  /** Change in size: "+4.0K", "=120"; empty for most. */
  readonly amount: Printable;
  /** Path or text that it concerns; the guest's, shown last in its row. */
  readonly object: Printable;
  /** Of a call that came to nothing: the answer, and the call. */
  readonly outcome?: readonly [Printable, Printable];
}

const nothing = words("");

export function eventText(event: Event, glyphs: Glyphs): EventText {
  const { guest, name, to } = glyphs;
  switch (event.kind) {
    case "write":
      return texts(words("write"), phrase`+${formatBytes(event.length)}`, name(event.path));
    case "set-size":
      return texts(words("set-size"), phrase`=${formatBytes(event.size)}`, name(event.path));
    case "revert":
      return texts(words("revert"), phrase`=${formatBytes(event.size)}`, name(event.path));
    case "set-mode":
      return texts(words("set-mode"), modeText(event), name(event.path));
    case "read":
      return texts(words("read"), formatBytes(event.length), name(event.path));
    case "fetch":
      return texts(words("fetch"), phrase`+${formatBytes(event.length)}`, name(event.path));
    case "listing":
      return texts(words("listing"), phrase`+${formatBytes(event.promised)}`, name(event.path));
    case "mknod":
      return texts(words("mknod"), words(event.type), name(event.path));
    case "exchange":
      return texts(
        words("exchange"),
        nothing,
        joined([name(event.path), to, name(renamed(event))]),
      );
    case "set-xattr":
    case "revert-xattr":
    case "remove-xattr":
      return texts(words(event.kind), nothing, joined([name(event.path), name(event.attribute)]));
    case "process":
      return texts(
        words("process"),
        nothing,
        joined([
          phrase`${event.number}:`,
          ...(event.pid === personsPid ? [words("person:")] : []),
          ...event.args.map(guest),
        ]),
      );
    case "decision":
      return {
        operation: words("decision"),
        amount: nothing,
        object: name(event.path),
        outcome: [guest(event.action), guest(`(${event.operation})`)],
      };
    case "create":
    case "mkdir":
    case "rmdir":
    case "unlink":
    case "link":
    case "set-times":
    case "open":
      return texts(words(event.kind), nothing, name(event.path));
    case "symlink":
      return texts(words("symlink"), nothing, joined([name(event.path), to, name(event.target)]));
    case "rename":
      return texts(words("rename"), nothing, joined([name(event.path), to, name(renamed(event))]));
    case "run-start":
      return texts(
        words("run-start"),
        nothing,
        joined([phrase`run ${event.run}:`, ...runWords(event).map(guest)]),
      );
    case "run-end":
      return texts(
        words("run-end"),
        nothing,
        joined([
          phrase`run ${event.run}: exit ${event.exit}`,
          ...(event.reason === undefined ? [] : [guest(event.reason)]),
        ]),
      );
    case "mark": {
      const deleted = deletedMark(event.name);
      if (deleted !== undefined)
        return texts(words("mark"), nothing, joined([name(deleted), words("deleted")]));
      return texts(words("mark"), nothing, joined([name(event.name), to, seqText(event.at)]));
    }
    case "fail":
      return {
        operation: verdictOf(event) === "refused" ? words("refused") : words("failed"),
        amount: event.count > 1 ? phrase`${glyphs.times}${formatCount(event.count)}` : nothing,
        object: name(event.path),
        outcome: [guest(event.error), guest(`(${event.operation})`)],
      };
  }
}

/** Formats a number as `#412,907`. */
export function seqText(seq: number): Printable {
  return phrase`#${formatCount(seq)}`;
}

/** Formats a range as `#44 → #45`. */
export function rangeText(from: number, to: number, { to: arrow }: Glyphs): Printable {
  return joined([seqText(from), arrow, seqText(to)]);
}

function modeText({ mode }: { readonly mode?: number }): Printable {
  return mode === undefined ? nothing : phrase`=${formatMode(mode)}`;
}

function texts(operation: Printable, amount: Printable, object: Printable): EventText {
  return { operation, amount, object };
}

/** Shortens the new path to its name if the directory is the same. */
function renamed({ path, to }: { readonly path: string; readonly to: string }): string {
  const slash = path.lastIndexOf("/") + 1;
  return to.startsWith(path.slice(0, slash)) ? to.slice(slash) : to;
}
