import type { Event } from "../../../journal/index.ts";
import { verdictOf } from "../../fs/index.ts";
import { formatInstant, formatMode } from "../../text/index.ts";

/** Returns an event as `log --json` prints it. `size` is the file's size after it, if known. */
export function eventJson(
  event: Event,
  size: number | undefined,
): Readonly<Record<string, unknown>> {
  const { seq, time, run, kind: op } = event;
  const head = { seq, time: formatInstant(time), run, op };
  switch (event.kind) {
    case "create":
    case "mkdir": {
      const { path, ino, mode } = event;
      return { ...head, path, ino, size, mode: octal(mode) };
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
      return { ...head, cause: event.cause, guest: event.guest, args: event.args };
    case "run-end":
      return { ...head, exit: event.exit, reason: event.reason };
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
