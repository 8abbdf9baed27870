import { type Event, type Journal, type Seq, redactedWrites } from "../../../../journal/index.ts";
import { verdictOf } from "../../../fs/index.ts";
import {
  type History,
  Processes,
  commandOf,
  decodeText,
  diffTrees,
  refusedPlace,
} from "../../../history/index.ts";
import {
  counted,
  decode,
  describeBytes,
  formatCount,
  formatInstant,
  joined,
  formatMode,
  type Printable,
  printable,
  printableName,
  styleOfKind,
  table,
  words,
} from "../../../text/index.ts";
import {
  type Define,
  type ReadingOptions,
  examples,
  readingOptions,
  revisionOf,
} from "../../command/command.ts";
import { commandLineOf } from "../../command/command-line.ts";
import { characterStart } from "../../text/content-text.ts";
import type { Context } from "../../command/context.ts";
import { printChange } from "../../text/diff-text.ts";
import { eventJson } from "../../text/event-json.ts";
import { sizesFrom } from "../../asking/event-sizes.ts";
import { UsageError, exits } from "../../command/failure.ts";
import { hexDump } from "../../text/hex-text.ts";
import { baseSizes, withHistory } from "../../asking/reading.ts";
import { redactedField } from "../../text/redacted-text.ts";

interface Options extends ReadingOptions {
  readonly bytes?: true;
}

type Write = Event & { readonly kind: "write" };

export const define: Define = (command, act) =>
  examples(
    readingOptions(command)
      .argument("<seq>", "number of an event, or any revision")
      .option("-b, --bytes", "all bytes of a write, however many")
      .action((seq: string, options: Options) =>
        act(options, (context) => show(context, seq, options)),
      ),
    [
      ["rewindfs show 412", "event 412"],
      ["rewindfs show @", "the last event"],
    ],
  );

/** Bytes of a write that are shown unless all are asked for. */
const mostBytes = 1024;

function show(context: Context, revision: string, options: Options): Promise<number> {
  return withHistory(context, async (history) => {
    const seq = history.resolve(revisionOf(revision));
    const event = history.journal.event(seq);
    if (event === undefined)
      throw new UsageError(`there is no event ${seq}`, "events count from 1");
    const { journal } = history;
    const size = sizesFrom(journal, await baseSizes(context, journal))(event);
    if (options.json === true) {
      context.out.json(wholeJson(journal, event, size, options));
    } else {
      printEvent(context, history, event, size, options);
    }
    return exits.done;
  });
}

function wholeJson(
  journal: Journal,
  event: Event,
  size: number | undefined,
  options: Options,
): object {
  const json = eventJson(event, size);
  if (event.kind === "run-start") {
    const { environment, digest, limits } = event;
    return { ...json, environment, digest, limits: Object.fromEntries(limits) };
  }
  if (event.kind !== "write") return json;
  const bytes = bytesOf(journal, event, options);
  const text = decode(bytes);
  const content = text === undefined ? { base64: Buffer.from(bytes).toString("base64") } : { text };
  return { ...json, tape: event.tape, ...content, ...redactedField(removedBytes(journal, event)) };
}

function printEvent(
  context: Context,
  history: History,
  event: Event,
  size: number | undefined,
  options: Options,
): void {
  const { out } = context;
  out.line(
    out.paint(
      styleOfKind[event.kind],
      printable(`#${event.seq}  ${event.kind === "fail" ? verdictOf(event) : event.kind}`),
    ),
  );
  const columns = [{ style: (cell: Printable) => out.paint("dim", cell) }, {}];
  for (const text of table(fieldsOf(history.journal, event, size), columns)) out.line(text);
  if (event.kind === "write") printBytes(context, history.journal, event, options);
  const before = history.at((event.seq - 1) as Seq);
  const changes = diffTrees(before, history.at(event.seq), { times: "include" });
  // A directory's times change with every change in it.
  const own = changes.filter(({ after }) => after?.type !== "directory" || changes.length === 1);
  if (own.length > 0) out.line(words(""));
  for (const change of own) printChange(context, history.journal, change);
}

function fieldsOf(
  journal: Journal,
  event: Event,
  size: number | undefined,
): (readonly Printable[])[] {
  const run = journal.run(event.run);
  const fields: (readonly Printable[])[] = [[words("time"), formatInstant(event.time)]];
  const field = (name: string, value: Printable) => void fields.push([printable(name), value]);
  if (run !== undefined) field("run", printable(`${run.run}  ${commandLineOf(run.start)}`));
  const processes = new Processes(journal);
  const process = event.kind === "process" ? undefined : processes.by(event);
  if (process !== undefined) {
    for (const [at, one] of processes.chain(process).entries())
      field(
        at === 0 ? "by" : "",
        joined([printable(String(one.number)), printableName(commandOf(one))], "  "),
      );
  }
  for (const [name, value] of Object.entries(plainFields(event))) {
    if (value === undefined) continue;
    // The arrow of "ask -> deny" is ours; in a name it would pass for one.
    field(name, name === "action" ? printable(String(value)) : printableName(String(value)));
  }
  if (event.kind === "write" || event.kind === "read") field("length", formatCount(event.length));
  if (size !== undefined) field("size after", formatCount(size));
  if (event.kind === "run-start") {
    for (const [name, value] of event.limits) field(`limit ${name}`, formatCount(value));
  }
  if (event.kind === "write" && removedBytes(journal, event) > 0)
    field("redacted", words("its bytes were removed; their digest is kept"));
  if (event.kind === "rename" && event.replaced !== undefined) {
    field("replaced", printable(`inode ${event.replaced.ino}`));
  }
  if (event.kind === "revert") {
    field(
      "content",
      printable(`${counted(event.extents.length, "extent")}, ${describeBytes(event.size)}`),
    );
  }
  return fields;
}

/** Returns the fields that are texts or numbers, under names for people. */
function plainFields(event: Event): Readonly<Record<string, string | number | undefined>> {
  const place = "path" in event && "ino" in event ? { path: event.path, inode: event.ino } : {};
  switch (event.kind) {
    case "symlink":
      return { ...place, target: event.target };
    case "rename":
      return { ...place, "new path": event.to };
    case "exchange":
      return { ...place, "changes places with": event.to, "whose inode is": event.other };
    case "set-xattr":
      return { ...place, attribute: event.attribute, length: event.length, tape: event.tape };
    case "revert-xattr":
      return { ...place, attribute: event.attribute, length: event.length, tape: event.source };
    case "remove-xattr":
      return { ...place, attribute: event.attribute };
    case "process":
      return {
        process: event.number,
        "started by": event.startedBy === undefined ? undefined : `process ${event.startedBy}`,
        pid: event.pid,
        command: event.args.length === 0 ? "gone before it could be asked" : event.args.join(" "),
        program: event.executable,
        started: instant(event.started),
      };
    case "decision":
      return {
        operation: event.operation,
        path: event.path,
        rule: event.rule,
        action: event.action,
        "answered by": event.answered,
        "times more": event.count,
      };
    case "write":
      return { ...place, offset: event.offset, tape: event.tape };
    case "listing":
      return { ...place, from: event.from, entries: event.entries, promised: event.promised };
    case "fetch":
      return { path: event.path, tape: event.tape };
    case "read":
      return { ...place, offset: event.offset };
    case "set-times":
      return { ...place, atime: instant(event.atime), mtime: instant(event.mtime) };
    case "unlink":
    case "rmdir":
      return { ...place, "kept open": event.kept ? "yes" : undefined };
    case "run-start":
      return {
        cause: event.cause,
        digest: event.digest === "" ? undefined : event.digest,
        environment: event.environment.length === 0 ? undefined : event.environment.join(" "),
      };
    case "run-end":
      return { exit: event.exit, reason: event.reason };
    case "mark":
      return { name: event.name, at: event.at };
    case "fail": {
      const { path, untold } = refusedPlace(event.operation);
      return {
        operation: event.operation,
        [path]: event.path,
        ...(untold === undefined
          ? {}
          : { [untold]: "not recorded of a call that comes to nothing" }),
        error: event.error,
        verdict: verdictOf(event),
        times: event.count,
        limit: event.limit,
      };
    }
    case "create":
    case "mkdir":
    case "mknod":
    case "set-mode":
      return {
        ...place,
        type: event.kind === "mknod" ? event.type : undefined,
        mode: event.mode === undefined ? undefined : formatMode(event.mode),
      };
    case "link":
    case "set-size":
    case "revert":
    case "open":
      return place;
  }
}

function instant(time: bigint | undefined): string | undefined {
  return time === undefined ? undefined : formatInstant(time);
}

function removedBytes(journal: Journal, event: Write): number {
  return redactedWrites(journal)(event) ? event.length : 0;
}

function bytesOf(journal: Journal, { tape, length }: Write, { bytes }: Options): Uint8Array {
  const target = new Uint8Array(bytes === true ? length : Math.min(length, mostBytes + 1));
  journal.readTape(tape, target.length, target);
  if (target.length === length) return target;
  return target.subarray(0, characterStart(target, mostBytes));
}

function printBytes(context: Context, journal: Journal, event: Write, options: Options): void {
  const { out } = context;
  const bytes = bytesOf(journal, event, options);
  out.line(words(""));
  const text = decodeText(bytes);
  if (text === undefined) {
    for (const row of hexDump(bytes, event.offset)) out.line(row);
  } else {
    for (const part of text.replace(/\n$/, "").split("\n")) out.content(part);
  }
  if (bytes.length < event.length) {
    const rest = describeBytes(event.length - bytes.length);
    out.line(out.paint("dim", printable(`and ${rest} more; --bytes shows all`)));
  }
}
