import type { Event, Journal, Kind, Run, RunNumber } from "../../../journal/index.ts";
import { verdictOf } from "../../fs/index.ts";
import { type ProcessEvent, Processes, runWords } from "../../history/index.ts";
import { formatInstant } from "../../text/index.ts";
import { packageVersion } from "../command/version.ts";

/** The version of the schema at schema.ocsf.io that the fields are of. */
const schemaVersion = "1.3.0";

/** Values of `activity_id` in the class File System Activity. */
const activities = {
  create: 1,
  read: 2,
  update: 3,
  delete: 4,
  rename: 5,
  "set-attributes": 6,
  "set-security": 7,
  "get-attributes": 8,
  open: 14,
  other: 99,
} as const;
type Activity = keyof typeof activities;

type FileKind = Exclude<Kind, "run-start" | "run-end" | "mark" | "fail" | "process" | "decision">;

const activityOf: Readonly<Record<FileKind, Activity>> = {
  create: "create",
  mkdir: "create",
  mknod: "create",
  symlink: "create",
  link: "create",
  write: "update",
  "set-size": "update",
  revert: "update",
  unlink: "delete",
  rmdir: "delete",
  rename: "rename",
  exchange: "rename",
  "set-xattr": "set-attributes",
  "revert-xattr": "set-attributes",
  "remove-xattr": "set-attributes",
  "set-times": "set-attributes",
  "set-mode": "set-security",
  listing: "create",
  fetch: "read",
  read: "read",
  open: "open",
};

/** Activities that host calls attempt, by their names in WASI. */
const attempted: ReadonlyMap<string, Activity> = new Map([
  ["open-at", "open"],
  ["create-directory-at", "create"],
  ["symlink-at", "create"],
  ["link-at", "create"],
  ["unlink-file-at", "delete"],
  ["remove-directory-at", "delete"],
  ["rename-at", "rename"],
  ["write", "update"],
  ["set-size", "update"],
  ["read", "read"],
  ["set-times", "set-attributes"],
  ["set-times-at", "set-attributes"],
  ["stat-at", "get-attributes"],
  ["create-node-at", "create"],
  ["allocate", "update"],
  ["set-attributes", "set-attributes"],
  ["set-attribute", "set-attributes"],
  ["remove-attribute", "set-attributes"],
]);

const fileTypes = { unknown: 0, file: 1, folder: 2, socket: 5, fifo: 6, link: 7 } as const;

/** Makes events of a journal of OCSF's class File System Activity (1001); undefined for what is no file activity. */
export function ocsfOf(
  journal: Journal,
): (event: Event, size: number | undefined) => Readonly<Record<string, unknown>> | undefined {
  const product = { name: "rewindfs", vendor_name: "rewindfs", version: packageVersion() };
  const device = { type_id: 6, type: "Virtual", name: "rewindfs", uid: journal.id };
  const actorOf = actors(journal);
  return (event, size) => {
    if (isOfNoFile(event)) return undefined;
    const isFailure = event.kind === "fail";
    const isRefused = isFailure && verdictOf(event) === "refused";
    const activity = isFailure
      ? (attempted.get(event.operation) ?? "other")
      : activityOf[event.kind];
    const activityId = activities[activity];
    return {
      activity_id: activityId,
      activity_name: isFailure && activity === "other" ? event.operation : nameOf(activity),
      category_uid: 1,
      category_name: "System Activity",
      class_uid: 1001,
      class_name: "File System Activity",
      type_uid: 100_100 + activityId,
      severity_id: isRefused ? 3 : 1,
      time: Number(event.time / 1_000_000n),
      message: `${isFailure ? `${verdictOf(event)} ${event.operation}` : event.kind} ${event.path}`,
      status_id: isFailure ? 2 : 1,
      ...(isFailure ? { status_code: event.error, count: event.count } : {}),
      ...(isFailure && event.limit !== undefined ? { status_detail: `limit ${event.limit}` } : {}),
      ...(isRefused ? { action_id: 2, disposition_id: 2 } : {}),
      actor: actorOf(event),
      device,
      file: { ...fileAt(event.path), type_id: typeOf(event), ...uidOf(event), ...sizeOf(size) },
      ...(event.kind === "rename" || event.kind === "exchange"
        ? { file_result: { ...fileAt(event.to), type_id: fileTypes.unknown, ...uidOf(event) } }
        : {}),
      metadata: {
        version: schemaVersion,
        product,
        uid: `${journal.id}-${event.seq}`,
        sequence: event.seq,
        log_name: "rewindfs",
        original_time: formatInstant(event.time),
        ...(isRefused ? { profiles: ["security_control"] } : {}),
      },
      unmapped: unmappedOf(event),
    };
  };
}

type OfNoFile = Extract<Event, { kind: Exclude<Kind, FileKind | "fail"> }>;

function isOfNoFile(event: Event): event is OfNoFile {
  const { kind } = event;
  return kind !== "fail" && !(kind in activityOf);
}

type Fields = Readonly<Record<string, unknown>>;

/** Returns the process that did an event, with the one that started it; where none is known, the run as a process. */
function actors(journal: Journal): (event: Event) => Fields {
  const processes = new Processes(journal);
  const known = new Map<string, Fields>();
  const runOf = (number: RunNumber): Fields => {
    const run = journal.run(number);
    return { uid: runUid(journal, number), ...(run === undefined ? {} : processOfRun(run)) };
  };
  const make = (event: Event): Fields => {
    const process = processes.by(event);
    if (process === undefined) return runOf(event.run);
    const above = processes.chain(process).at(-2);
    // Its own parent is told with its own events, as the schema recommends.
    const parent = above === undefined ? runOf(event.run) : processFields(journal, above);
    return { ...processFields(journal, process), parent_process: parent };
  };
  return (event) => {
    const by = "by" in event ? event.by : undefined;
    const key = `${event.run} ${by ?? ""}`;
    const process = known.get(key) ?? make(event);
    if (known.size >= mostKnown) known.clear();
    known.set(key, process);
    return { app_name: "rewindfs", process };
  };
}

/** Bounds the processes that are kept in mind. */
const mostKnown = 10_000;

function runUid({ id }: Journal, run: RunNumber): string {
  return `${id}/run/${run}`;
}

function processOfRun({ start }: Run): Fields {
  const words = runWords(start);
  return {
    name: words[0] ?? start.cause,
    cmd_line: words.join(" "),
    created_time: Number(start.time / 1_000_000n),
  };
}

function processFields(journal: Journal, process: ProcessEvent): Fields {
  const { run, number, pid, args, started, executable } = process;
  const program = executable ?? args[0];
  return {
    uid: `${runUid(journal, run)}/process/${number}`,
    pid,
    ...(program === undefined ? {} : { name: fileAt(program).name }),
    // The schema wants an empty text where it is not known.
    cmd_line: args.join(" "),
    ...(started === undefined ? {} : { created_time: Number(started / 1_000_000n) }),
    ...(executable === undefined
      ? {}
      : { file: { ...fileAt(executable), type_id: fileTypes.file } }),
  };
}

function fileAt(path: string): { readonly name: string; readonly path: string } {
  const name = path.slice(path.lastIndexOf("/") + 1);
  return { name: name === "" ? path : name, path };
}

/** Types that an operation tells; of others the file may be of any. */
const typeByKind: ReadonlyMap<Kind, number> = new Map<Kind, number>([
  ["create", fileTypes.file],
  ["write", fileTypes.file],
  ["set-size", fileTypes.file],
  ["revert", fileTypes.file],
  ["read", fileTypes.file],
  ["mkdir", fileTypes.folder],
  ["rmdir", fileTypes.folder],
  ["symlink", fileTypes.link],
]);

function typeOf(event: Event): number {
  if (event.kind === "mknod") return fileTypes[event.type];
  return typeByKind.get(event.kind) ?? fileTypes.unknown;
}

function uidOf(event: Event): { readonly uid?: string } {
  return "ino" in event ? { uid: String(event.ino) } : {};
}

function sizeOf(size: number | undefined): { readonly size?: number } {
  return size === undefined ? {} : { size };
}

/** Returns what the schema has no place for, under our own names. */
function unmappedOf(event: Event): Readonly<Record<string, unknown>> {
  return {
    seq: event.seq,
    run: event.run,
    op: event.kind,
    ...(event.kind === "write" || event.kind === "read"
      ? { offset: event.offset, length: event.length }
      : {}),
    ...(event.kind === "symlink" ? { target: event.target } : {}),
    ...("attribute" in event ? { attribute: event.attribute } : {}),
    ...("by" in event && event.by !== undefined ? { by: event.by } : {}),
    ...(event.kind === "fail" ? { attempted: event.operation, verdict: verdictOf(event) } : {}),
  };
}

function nameOf(activity: Activity): string {
  return activity.replaceAll(/(?:^|-)([a-z])/g, (found, letter: string) =>
    found.replace("-", " ").replace(letter, letter.toUpperCase()),
  );
}
