import type { Event, Seq } from "../../journal/index.ts";
import { verdictOf } from "../fs/index.ts";
import { formatBytes, formatClock, formatMode, printable, printableName } from "../text/index.ts";
import type { LogRow } from "./format/data.ts";

/** Bounds the rows that are kept from the beginning of a run, and from its end. */
const mostAtEachEnd = 4_000;

interface OpenRow {
  readonly event: Event;
  count: number;
  bytes: number;
}

/** Makes the log of one run: joins equal events in a row, and leaves out the middle of very many. */
export class RunLog {
  readonly #eventAt: (seq: Seq) => Event | undefined;
  readonly #first: LogRow[] = [];
  #last: LastRows | undefined;
  #open: OpenRow | undefined;

  /** `eventAt` reads an event again: of the later ones no more than a number is held. */
  constructor(eventAt: (seq: Seq) => Event | undefined) {
    this.#eventAt = eventAt;
  }

  add(event: Event): void {
    if (event.kind === "run-start" || event.kind === "run-end") return;
    const open = this.#open;
    if (open !== undefined && isAlike(open.event, event)) {
      open.count += countOf(event);
      open.bytes += bytesOf(event);
      return;
    }
    this.#close();
    this.#open = { event, count: countOf(event), bytes: bytesOf(event) };
  }

  /** Returns the rows, and how many are left out between them. */
  end(): { readonly rows: readonly LogRow[]; readonly leftOut: number } {
    this.#close();
    const last = [...(this.#last?.rows() ?? [])].flatMap(({ seq, count, bytes }) => {
      const event = this.#eventAt(seq);
      return event === undefined ? [] : [rowOf({ event, count, bytes })];
    });
    return { rows: [...this.#first, ...last], leftOut: this.#last?.leftOut ?? 0 };
  }

  #close(): void {
    const open = this.#open;
    if (open === undefined) return;
    if (this.#first.length < mostAtEachEnd) this.#first.push(rowOf(open));
    else (this.#last ??= new LastRows()).add(open);
    this.#open = undefined;
  }
}

/** Holds the last rows as numbers, in memory that does not grow. */
class LastRows {
  readonly #seqs = new Float64Array(mostAtEachEnd);
  readonly #counts = new Float64Array(mostAtEachEnd);
  readonly #bytes = new Float64Array(mostAtEachEnd);
  #added = 0;

  get leftOut(): number {
    return Math.max(0, this.#added - mostAtEachEnd);
  }

  add({ event, count, bytes }: OpenRow): void {
    const at = this.#added % mostAtEachEnd;
    this.#seqs[at] = event.seq;
    this.#counts[at] = count;
    this.#bytes[at] = bytes;
    this.#added += 1;
  }

  *rows(): Generator<{ readonly seq: Seq; readonly count: number; readonly bytes: number }> {
    for (let row = this.leftOut; row < this.#added; row += 1) {
      const at = row % mostAtEachEnd;
      const seq = (this.#seqs[at] ?? 0) as Seq;
      yield { seq, count: this.#counts[at] ?? 0, bytes: this.#bytes[at] ?? 0 };
    }
  }
}

function isAlike(one: Event, other: Event): boolean {
  if (one.kind !== other.kind) return false;
  if (one.kind === "write" || one.kind === "read")
    return "ino" in other && one.ino === other.ino && one.path === other.path;
  return (
    one.kind === "fail" &&
    other.kind === "fail" &&
    one.path === other.path &&
    one.operation === other.operation &&
    one.error === other.error
  );
}

function countOf(event: Event): number {
  return event.kind === "fail" ? event.count : 1;
}

function bytesOf(event: Event): number {
  return event.kind === "write" || event.kind === "read" ? event.length : 0;
}

function rowOf({ event, count, bytes }: OpenRow): LogRow {
  const { seq, run, time } = event;
  const [operation, path, note] = wordsOf(event, bytes);
  return [seq, run, formatClock(time), operation, path, note, count];
}

function wordsOf(event: Event, bytes: number): readonly [string, string, string] {
  const { kind } = event;
  switch (kind) {
    case "write":
    case "read":
      return [kind, printableName(event.path), formatBytes(bytes)];
    case "fetch":
      return [kind, printableName(event.path), formatBytes(event.length)];
    case "listing":
      return [kind, printableName(event.path), formatBytes(event.promised)];
    case "set-size":
    case "revert":
      return [kind, printableName(event.path), `to ${formatBytes(event.size)}`];
    case "rename":
      return [kind, printableName(event.path), `→ ${printableName(event.to)}`];
    case "exchange":
      return [kind, printableName(event.path), `⇄ ${printableName(event.to)}`];
    case "mknod":
      return [kind, printableName(event.path), event.type === "fifo" ? "named pipe" : "socket"];
    case "set-xattr":
    case "revert-xattr":
    case "remove-xattr":
      return [kind, printableName(event.path), printableName(event.attribute)];
    case "process":
      return [kind, printable(event.args.join(" ")), `process ${event.number}`];
    case "decision":
      return [
        kind,
        printableName(event.path),
        printable(`${event.operation}: ${event.action} (${event.rule})`),
      ];
    case "symlink":
      return [kind, printableName(event.path), `→ ${printableName(event.target)}`];
    case "set-mode":
      return [
        kind,
        printableName(event.path),
        event.mode === undefined ? "" : formatMode(event.mode),
      ];
    case "fail":
      return [
        verdictOf(event),
        printableName(event.path),
        printable(`${event.operation}: ${event.error}`),
      ];
    case "mark":
      return [kind, printable(event.name), `at ${event.at}`];
    case "run-start":
    case "run-end":
      return [kind, "", ""];
    case "create":
    case "mkdir":
    case "link":
    case "unlink":
    case "rmdir":
    case "set-times":
    case "open":
      return [kind, printableName(event.path), ""];
  }
}
