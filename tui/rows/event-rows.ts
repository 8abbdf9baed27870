import type { Event, Seq } from "../../journal/index.ts";
import { verdictOf } from "../../src/fs/index.ts";
import { commandOf, refusedPlace, runWords } from "../../src/history/index.ts";
import {
  type Printable,
  counted,
  formatBytes,
  formatCount,
  formatInstant,
  formatMode,
  formatMoment,
  joined,
  pad,
  words,
  phrase,
} from "../../src/text/index.ts";
import { seqText } from "../draw/event-text.ts";
import type { Glyphs } from "../draw/glyphs.ts";
import { type BytesPerRow, hexLine, hexOffset } from "../draw/hex-rows.ts";
import { type Line, guestSpans, span } from "../draw/line.ts";
import { type Recording, inodeNumbered } from "../recording/recording.ts";
import { type Rows, message } from "../draw/rows.ts";

/** Lists one event in full: every field, its meaning, and the bytes that it wrote. */
export function eventRows(
  recording: Recording,
  seq: Seq,
  perRow: BytesPerRow,
  glyphs: Glyphs,
): Rows {
  const event = recording.event(seq);
  if (event === undefined)
    return message(
      [[span(words("before the first event"), "strong")], []],
      [
        [
          recording.first() === 0
            ? span(words("Nothing has happened yet: an empty directory."))
            : span(words("What happened up to here is folded: gc left one state of it.")),
        ],
      ],
    );
  const headers = [
    [span(joined([seqText(event.seq), words(nameOf(event))]), "strong")],
    [span(words(meanings[nameOf(event)]), "dim")],
  ] as const;
  const fields = [...fieldsOf(recording, event, glyphs)];
  const width = Math.max(...fields.map(([name]) => name.length));
  const lines: Line[] = fields.map(([name, value]) => [
    span(phrase`${pad(name, width)}  `, "dim"),
    ...value,
  ]);
  const bytes = event.kind === "write" ? event.length : 0;
  if (bytes > 0) lines.push([], [span(words("bytes"), "dim")]);
  const first = lines.length;
  return {
    headers,
    count: first + Math.ceil(bytes / perRow),
    line: (row) => lines[row] ?? writtenLine(recording, event, (row - first) * perRow, perRow),
    footer: () => words(""),
    start: 0,
  };
}

/** Returns the name of an event as in the timeline: a fruitless call by its verdict. */
function nameOf(event: Event): keyof typeof meanings {
  return event.kind === "fail" ? verdictOf(event) : event.kind;
}

const meanings = {
  create: "an empty file came to be",
  mkdir: "a directory came to be",
  symlink: "a symbolic link came to be",
  link: "a file got one more name",
  unlink: "a name of a file or link was removed",
  rmdir: "an empty directory was removed",
  rename: "something got another name",
  write: "bytes were put into a file",
  "set-size": "a file was cut or grew",
  "set-times": "times were set",
  "set-mode": "permission bits were set",
  revert: "a file got the content back that it had before",
  "run-start": "a run began",
  "run-end": "a run ended",
  mark: "someone named a moment",
  refused: "the guest was refused this",
  failed: "the guest failed at this",
  read: "bytes were read from a file",
  open: "something was opened",
  listing: "a folder came in, its bytes when they are needed",
  fetch: "bytes of a listed file came from the host",
  mknod: "a named pipe or a socket came to be",
  exchange: "two things got the names of each other",
  "set-xattr": "an attribute of a file was set",
  "revert-xattr": "an attribute got the value back that it had before",
  "remove-xattr": "an attribute of a file was removed",
  process: "a process was first heard of",
  decision: "a rule was asked about a call",
} as const;

type Field = readonly [Printable, Line];

function* fieldsOf(recording: Recording, event: Event, glyphs: Glyphs): Generator<Field> {
  const text = (value: string): Line => guestSpans(glyphs.name(value));
  const run = recording.runAt(event.seq);
  yield [
    words("when"),
    [span(formatMoment(event.time)), span(phrase`  ${formatInstant(event.time)}`, "dim")],
  ];
  if (event.run !== 0)
    yield [
      words("run"),
      [
        span(phrase`${event.run}  `),
        ...(run === undefined
          ? []
          : guestSpans(glyphs.guest(runWords(run.start).join(" ")), "dim")),
      ],
    ];
  const process = event.kind === "process" ? undefined : recording.processes.by(event);
  if (process !== undefined)
    for (const [at, one] of recording.processes.chain(process).entries())
      yield [
        words(at === 0 ? "by" : ""),
        [span(phrase`${one.number}  `), ...guestSpans(glyphs.guest(commandOf(one)), "dim")],
      ];
  const place = event.kind === "fail" ? refusedPlace(event.operation) : undefined;
  if ("path" in event) yield [words(place?.path ?? "path"), text(event.path)];
  if (place?.untold !== undefined)
    yield [
      words(place.untold),
      [span(words("not recorded of a call that comes to nothing"), "dim")],
    ];
  if ("ino" in event) {
    yield [words("inode"), [span(phrase`${event.ino}`)]];
    const now = inodeNumbered(recording, event.ino, event.seq);
    if (now?.type === "file") yield [words("size then"), bytesText(now.content.size)];
  }
  switch (event.kind) {
    case "rename":
      yield [words("to"), text(event.to)];
      if (event.replaced !== undefined)
        yield [words("replaced"), [span(phrase`inode ${event.replaced.ino}`)]];
      return;
    case "exchange":
      yield [words("with"), text(event.to)];
      yield [words("whose inode"), [span(phrase`${event.other}`)]];
      return;
    case "set-xattr":
    case "revert-xattr":
      yield [words("attribute"), text(event.attribute)];
      yield [words("length"), bytesText(event.length)];
      return;
    case "remove-xattr":
      yield [words("attribute"), text(event.attribute)];
      return;
    case "process":
      yield [words("process"), [span(phrase`${event.number}`)]];
      if (event.startedBy !== undefined)
        yield [words("started by"), [span(phrase`process ${event.startedBy}`)]];
      yield [words("pid"), [span(phrase`${event.pid}`)]];
      for (const [index, argument] of event.args.entries())
        yield [phrase`argument ${index}`, text(argument)];
      if (event.executable !== undefined) yield [words("program"), text(event.executable)];
      if (event.started !== undefined)
        yield [words("started"), [span(formatInstant(event.started))]];
      return;
    case "decision":
      yield [words("call"), text(event.operation)];
      yield [words("rule"), text(event.rule)];
      yield [words("action"), text(event.action)];
      if (event.answered !== undefined) yield [words("answered by"), text(event.answered)];
      if (event.count !== undefined) yield [words("times more"), [span(formatCount(event.count))]];
      return;
    case "symlink":
      yield [words("target"), text(event.target)];
      return;
    case "write":
      yield [words("offset"), [span(formatCount(event.offset))]];
      yield [words("length"), bytesText(event.length)];
      yield [words("on the tape"), [span(formatCount(event.tape))]];
      if (recording.isRedacted(event))
        yield [words("redacted"), [span(words("removed for good"), "warning")]];
      return;
    case "listing":
      yield [words("from"), text(event.from)];
      yield [words("entries"), [span(formatCount(event.entries))]];
      yield [words("promised"), bytesText(event.promised)];
      return;
    case "fetch":
      yield [words("length"), bytesText(event.length)];
      yield [words("on the tape"), [span(formatCount(event.tape))]];
      return;
    case "read":
      yield [words("offset"), [span(formatCount(event.offset))]];
      yield [words("length"), bytesText(event.length)];
      return;
    case "set-size":
      yield [words("new size"), bytesText(event.size)];
      return;
    case "revert":
      yield [words("new size"), bytesText(event.size)];
      yield [words("extents"), [span(formatCount(event.extents.length))]];
      return;
    case "set-times":
      if (event.atime !== undefined) yield [words("read at"), [span(formatInstant(event.atime))]];
      if (event.mtime !== undefined)
        yield [words("changed at"), [span(formatInstant(event.mtime))]];
      return;
    case "unlink":
    case "rmdir":
      if (event.kept)
        yield [words("still open"), [span(words("it lives on without a name until it is closed"))]];
      return;
    case "run-start":
      yield [words("cause"), [span(words(event.cause))]];
      yield [words("guest"), text(event.guest)];
      for (const [index, argument] of event.args.entries())
        yield [phrase`argument ${index + 1}`, text(argument)];
      if (event.digest !== "") yield [words("digest"), text(event.digest)];
      if (event.environment.length > 0)
        yield [words("environment"), text(event.environment.join(" "))];
      for (const [name, limit] of event.limits)
        yield [glyphs.guest(`limit ${name}`), [span(formatCount(limit))]];
      return;
    case "run-end":
      yield [
        words("exit code"),
        [span(phrase`${event.exit}`, event.exit === 0 ? "plain" : "refused")],
      ];
      if (event.reason !== undefined) yield [words("reason"), text(event.reason)];
      return;
    case "mark":
      yield [words("name"), text(event.name)];
      yield [words("moment"), [span(seqText(event.at))]];
      return;
    case "fail":
      yield [words("call"), text(event.operation)];
      yield [words("answer"), guestSpans(glyphs.guest(event.error), "refused")];
      yield [words("how often"), [span(counted(event.count, "time"))]];
      if (event.limit !== undefined) yield [words("limit"), text(event.limit)];
      return;
    case "mknod":
      yield [words("type"), text(event.type)];
      if (event.mode !== undefined) yield [words("mode"), [span(formatMode(event.mode))]];
      return;
    case "create":
    case "mkdir":
    case "set-mode":
      if (event.mode !== undefined) yield [words("mode"), [span(formatMode(event.mode))]];
      return;
    case "link":
    case "open":
  }
}

function bytesText(bytes: number): Line {
  return [
    span(phrase`${formatCount(bytes)} ${words(bytes === 1 ? "byte" : "bytes")}`),
    span(bytes < 1024 ? words("") : phrase`  ${formatBytes(bytes)}`, "dim"),
  ];
}

function writtenLine(recording: Recording, event: Event, at: number, perRow: BytesPerRow): Line {
  if (event.kind !== "write" || at < 0 || at >= event.length) return [];
  const bytes = new Uint8Array(Math.min(perRow, event.length - at));
  recording.readTape((event.tape + at) as typeof event.tape, bytes.length, bytes);
  return [span(phrase`${hexOffset(event.offset + at)} `, "dim"), ...hexLine(bytes, perRow)];
}
