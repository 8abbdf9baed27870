import type { Journal, Run, Seq } from "../../../journal/index.ts";
import { labelIn, runsLabelled } from "./labels.ts";
import { latestMarks } from "./marks.ts";
import { timeIn } from "./moment-time.ts";

/** Names the reason why a revision names no moment. */
export type RevisionCode = "syntax" | "no-event" | "no-run" | "no-mark" | "folded";

/** Reports a revision that names no moment of the journal. The message says what there is instead. */
export class RevisionError extends Error {
  override readonly name = "RevisionError";
  readonly code: RevisionCode;
  /** The revision as the user gave it. */
  readonly revision: string;
  readonly hint: string | undefined;

  constructor(code: RevisionCode, revision: string, message: string, hint?: string) {
    super(message);
    this.code = code;
    this.revision = revision;
    this.hint = hint;
  }
}

/**
 * Returns the moment that a revision names, as the seq of the last event before it; the README lists the forms. Throws
 * RevisionError.
 */
export function resolveRevision(journal: Journal, text: string, now: bigint): Seq {
  const numbered = /^#?(\d+)$/.exec(text);
  if (numbered !== null) return atNumber(journal, text, numbered[1] ?? "");
  const before = /^(#?\d+|@(?:-\d*)?|mark:.+|[\d-].*:\d.*)\^$/.exec(text)?.[1];
  if (before !== undefined) return justBefore(journal, text, resolveRevision(journal, before, now));
  const back = /^@(?:-(\d*))?$/.exec(text);
  if (back !== null) return beforeHead(journal, text, text === "@" ? 0 : Number(back[1] || 1));
  const run = /^run:(-?\d+)(\^?)$/.exec(text);
  if (run !== null)
    return aroundRun(journal, text, Number(run[1]), run[2] === "^" ? "start" : "end");
  const label = /^run:(label:.*?)(\^?)$/su.exec(text);
  if (label !== null)
    return aroundLabel(journal, text, label[1] ?? "", label[2] === "^" ? "start" : "end");
  if (text.startsWith("mark:")) return atMark(journal, text, text.slice("mark:".length));
  const time = timeIn(text, {
    now,
    start: () => journal.base()?.time ?? journal.event(1)?.time ?? 0n,
    end: () => lastTime(journal),
  });
  if (time === "not in the calendar")
    throw new RevisionError(
      "syntax",
      text,
      `${text.replace(/^(\S{10}).(.{8}).*$/, "$1 $2")} is no moment of the calendar`,
    );
  if (time !== undefined) return journal.seqAtTime(time);
  throw new RevisionError(
    "syntax",
    text,
    `"${text}" is not a revision`,
    "a revision is @, @-N, N, run:N, run:label:NAME=TEXT, mark:NAME, each with ^ for just before it, a time as log shows it or like 2026-11-24T06:00:00Z, or -5m",
  );
}

function lastTime(journal: Journal): bigint {
  return journal.event(journal.head())?.time ?? journal.base()?.time ?? 0n;
}

function justBefore(journal: Journal, text: string, seq: Seq): Seq {
  if (seq > 0) return (seq - 1) as Seq;
  throw noEvent(text, "nothing is before the beginning", journal.head());
}

function atNumber(journal: Journal, text: string, digits: string): Seq {
  const head = journal.head();
  if (Number(digits) > head) throw noEvent(text, `event ${digits} is not in the journal`, head);
  return Number(digits) as Seq;
}

function beforeHead(journal: Journal, text: string, count: number): Seq {
  const head = journal.head();
  if (count > head) throw noEvent(text, `there are no ${count} events before the end`, head);
  return (head - count) as Seq;
}

function noEvent(text: string, message: string, head: Seq): RevisionError {
  const last = head === 0 ? "it is empty" : `the last is ${head}`;
  return new RevisionError("no-event", text, `${message}; ${last}`);
}

function aroundRun(journal: Journal, text: string, number: number, side: "start" | "end"): Seq {
  const runs = journal.runs();
  const run = number < 0 ? runs.at(number) : runs.find((one) => one.run === number);
  if (run === undefined) throw noRun(text, number, runs);
  return side === "end" ? run.last : ((run.first - 1) as Seq);
}

/** The moment after the last run with a label, or before the first one. */
function aroundLabel(journal: Journal, text: string, words: string, side: "start" | "end"): Seq {
  const label = labelIn(words);
  if (label === undefined)
    throw new RevisionError(
      "syntax",
      text,
      `"${text}" names no label`,
      "it is run:label:NAME=TEXT",
    );
  const runs = runsLabelled(journal, label);
  const run = side === "end" ? runs.at(-1) : runs[0];
  if (run === undefined)
    throw new RevisionError(
      "no-run",
      text,
      `no run has the label ${label.join("=")}`,
      "runs tells of the labels that there are",
    );
  return side === "end" ? run.last : ((run.first - 1) as Seq);
}

function noRun(text: string, number: number, runs: readonly Run[]): RevisionError {
  const last = runs.at(-1);
  if (last === undefined) return new RevisionError("no-run", text, "the journal has no runs");
  const message =
    number < 0
      ? `there are no ${-number} runs in the journal; there are ${runs.length}`
      : `run ${number} is not in the journal; the last is ${last.run}`;
  return new RevisionError("no-run", text, message);
}

/** The most mark names that an error lists. */
const namesInMessage = 8;

function atMark(journal: Journal, text: string, name: string): Seq {
  const at = journal.mark(name);
  if (at !== undefined) return at;
  const names = latestMarks(journal).map((mark) => mark.name);
  const more = names.length > namesInMessage ? `, and ${names.length - namesInMessage} more` : "";
  const there =
    names.length === 0
      ? "there are no marks"
      : `there are ${names.slice(-namesInMessage).join(", ")}${more}`;
  throw new RevisionError("no-mark", text, `no mark is called "${name}"; ${there}`);
}
