import type { Event, Journal } from "../../../journal/index.ts";
import { verdictOf } from "../../fs/index.ts";
import { Processes, runWords } from "../../history/index.ts";
import { packageVersion } from "../command/version.ts";
import { eventJson } from "../text/event-json.ts";

type Value =
  | { readonly stringValue: string }
  | { readonly intValue: string }
  | { readonly boolValue: boolean }
  | { readonly arrayValue: { readonly values: readonly Value[] } };

interface Attribute {
  readonly key: string;
  readonly value: Value;
}

const severities = {
  info: { severityNumber: 9, severityText: "INFO" },
  warn: { severityNumber: 13, severityText: "WARN" },
} as const;

/** Makes log records of OpenTelemetry's protocol in JSON: each as the LogsData of a line of its own. */
export function otlpOf(
  journal: Journal,
): (event: Event, size: number | undefined) => Readonly<Record<string, unknown>> {
  const version = packageVersion();
  const resource = {
    attributes: attributes([
      ["service.name", "rewindfs"],
      ["service.version", version],
      ["service.instance.id", journal.id],
    ]),
  };
  const scope = { name: "rewindfs", version };
  const processes = new Processes(journal);
  const commands = new Map<number, string>();
  const commandOf = (run: number): string | undefined => {
    const found = journal.run(run);
    if (!commands.has(run) && found !== undefined)
      commands.set(run, runWords(found.start).join(" "));
    return commands.get(run);
  };
  return (event, size) => {
    const isRefused = event.kind === "fail" && verdictOf(event) === "refused";
    const time = String(event.time);
    const path = "path" in event ? event.path : undefined;
    const process = processes.by(event);
    const above = process === undefined ? undefined : processes.chain(process).at(-2);
    const record = {
      timeUnixNano: time,
      observedTimeUnixNano: time,
      ...(isRefused ? severities.warn : severities.info),
      eventName: `rewindfs.${event.kind}`,
      body: { stringValue: path === undefined ? event.kind : `${event.kind} ${path}` },
      attributes: attributes([
        ["file.path", path],
        ["file.name", path?.slice(path.lastIndexOf("/") + 1)],
        ["file.size", size],
        ["error.type", event.kind === "fail" ? event.error : undefined],
        ["process.command_line", process?.args.join(" ") ?? commandOf(event.run)],
        ["process.pid", process?.pid],
        ["process.parent_pid", above?.pid],
        ["process.executable.path", process?.executable],
        ...ownFields(event),
      ]),
    };
    return { resourceLogs: [{ resource, scopeLogs: [{ scope, logRecords: [record] }] }] };
  };
}

/** Yields the fields of `log --json` that have no name of OpenTelemetry's, under ours. */
function* ownFields(event: Event): Generator<readonly [string, unknown]> {
  for (const [key, value] of Object.entries(eventJson(event, undefined)))
    if (key !== "time" && key !== "path" && key !== "size") yield [`rewindfs.${key}`, value];
}

function attributes(list: readonly (readonly [string, unknown])[]): Attribute[] {
  return list.flatMap(([key, value]) => {
    const made = valueOf(value);
    return made === undefined ? [] : [{ key, value: made }];
  });
}

/** Whole numbers are texts, as JSON of protocol buffers has those of 64 bits. */
function valueOf(value: unknown): Value | undefined {
  if (typeof value === "string") return { stringValue: value };
  if (typeof value === "number") return { intValue: String(value) };
  if (typeof value === "boolean") return { boolValue: value };
  if (!Array.isArray(value)) return undefined;
  return { arrayValue: { values: value.flatMap((item) => valueOf(item) ?? []) } };
}
