import type { Event, Run } from "../../index.ts";
import { named } from "./answer.ts";

/** Returns an event as one line: its number, time, run, and what it did. */
export function eventWords(event: Event, start: Run["start"] | undefined): string {
  const { seq, time, run, kind } = event;
  const words = [seq, isoTime(time), `run ${run}`, kind, ...detailsOf(event)].join(" ");
  return words + callWords(start);
}

/** Returns the turn and the call of a conversation that a run belongs to, as far as its labels say. */
export function callWords(start: Run["start"] | undefined): string {
  return ["turn", "call"]
    .flatMap((name) => {
      const text = start?.labels?.get(name);
      return text === undefined ? [] : [` ${name}=${named(text)}`];
    })
    .join("");
}

/** Returns a run as one line. */
export function runWords({ run, start, end, first, last }: Run): string {
  const labels = [...(start.labels ?? [])].map(([key, value]) => ` ${named(key)}=${named(value)}`);
  const ended = end === undefined ? "still open" : `exit ${end.exit}`;
  return `${run} ${isoTime(start.time)} ${start.cause} ${named(start.guest)}: events ${first}-${last}, ${ended}${labels.join("")}`;
}

function detailsOf(event: Event): string[] {
  if (event.kind === "run-start") return [named(event.guest)];
  if (event.kind === "run-end") return [`exit ${event.exit}`];
  if (event.kind === "mark") return [named(event.name), `event ${event.at}`];
  if (event.kind === "process") return [named(event.args.join(" "))];
  const path = named(event.path);
  if (event.kind === "rename") return [path, "->", named(event.to)];
  if (event.kind === "exchange") return [path, "<->", named(event.to)];
  if (event.kind === "symlink") return [path, "->", named(event.target)];
  if (event.kind === "write") return [path, `${event.length} bytes at ${event.offset}`];
  if (event.kind === "set-size") return [path, `${event.size} bytes`];
  if (event.kind === "fail") return [path, named(event.operation), named(event.error)];
  if (event.kind === "decision") return [path, named(`${event.operation}: ${event.action}`)];
  if ("attribute" in event) return [path, named(event.attribute)];
  return [path];
}

function isoTime(time: bigint): string {
  return new Date(Number(time / 1_000_000n)).toISOString();
}
