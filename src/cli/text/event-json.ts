import type { Event } from "../../../journal/index.ts";
import { verdictOf } from "../../fs/index.ts";
import { formatInstant, formatMode } from "../../text/index.ts";

/** Returns an event as `log --json` prints it. `size` is the file's size after it, if known. */
export function eventJson(
  event: Event,
  size: number | undefined,
): Readonly<Record<string, unknown>> {
  const { seq, time, run, kind: op } = event;
  const by = "by" in event ? event.by : undefined;
  const head = { seq, time: formatInstant(time), run, op, ...(by === undefined ? {} : { by }) };
  switch (event.kind) {
    case "create":
    case "mkdir": {
      const { path, ino, mode } = event;
      return { ...head, path, ino, size, mode: octal(mode) };
    }
    case "mknod": {
      const { path, ino, type, mode } = event;
      return { ...head, path, ino, type, mode: octal(mode) };
    }
    case "set-mode":
      return { ...head, path: event.path, ino: event.ino, mode: octal(event.mode) };
    case "link":
      return { ...head, path: event.path, ino: event.ino, size };
    case "symlink":
      return { ...head, path: event.path, to: event.target, ino: event.ino };
    case "unlink":
    case "rmdir":
      return { ...head, path: event.path, ino: event.ino };
    case "rename":
      return {
        ...head,
        path: event.path,
        to: event.to,
        ino: event.ino,
        replaced: event.replaced?.ino,
      };
    case "exchange":
      return { ...head, path: event.path, to: event.to, ino: event.ino, other: event.other };
    case "set-xattr":
    case "revert-xattr": {
      const { path, ino, attribute, length } = event;
      return { ...head, path, ino, attribute, length };
    }
    case "remove-xattr":
      return { ...head, path: event.path, ino: event.ino, attribute: event.attribute };
    case "write":
    case "read": {
      const { path, ino, offset, length } = event;
      return { ...head, path, ino, offset, length, size };
    }
    case "set-size":
    case "revert":
      return { ...head, path: event.path, ino: event.ino, size: event.size };
    case "set-times":
      return {
        ...head,
        path: event.path,
        ino: event.ino,
        atime: instant(event.atime),
        mtime: instant(event.mtime),
      };
    case "listing": {
      const { path, ino, from, first, entries, promised, length } = event;
      return { ...head, path, ino, from, first, entries, promised, length };
    }
    case "fetch":
      return { ...head, path: event.path, length: event.length };
    case "open":
      return { ...head, path: event.path, ino: event.ino };
    case "run-start":
      return {
        ...head,
        cause: event.cause,
        guest: event.guest,
        args: event.args,
        labels: event.labels === undefined ? undefined : Object.fromEntries(event.labels),
      };
    case "run-end":
      return { ...head, exit: event.exit, reason: event.reason };
    case "process": {
      const { number, startedBy, pid, args, executable } = event;
      return {
        ...head,
        process: number,
        startedBy,
        pid,
        args,
        executable,
        started: instant(event.started),
      };
    }
    case "decision": {
      const { path, operation: attempted, rule, action, answered, count } = event;
      return { ...head, path, attempted, rule, action, answered, count };
    }
    case "mark":
      return { ...head, name: event.name, at: event.at };
    case "fail": {
      const { path, error, operation: attempted, count, limit } = event;
      return { ...head, path, error, attempted, count, limit, verdict: verdictOf(event) };
    }
  }
}

function octal(mode: number | undefined): string | undefined {
  return mode === undefined ? undefined : formatMode(mode);
}

function instant(time: bigint | undefined): string | undefined {
  return time === undefined ? undefined : formatInstant(time);
}
