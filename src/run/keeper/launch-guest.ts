import { closeSync } from "node:fs";

import { type Keeper, longestLog, pieceBytes } from "../../../journal/index.ts";
import type { Limits } from "../../fs/index.ts";
import { GuestProcess, type GuestProcessOptions } from "../process/guest-process.ts";
import type { RunRequest } from "../protocol/keeper-protocol.ts";

/** Starts a guest's process, which can append to the keeper's log, read it, and keep copies of its end. Throws JournalError and RunError. */
export function launchGuest(
  { instead, limits }: RunRequest,
  keeper: Keeper,
  options: Pick<GuestProcessOptions, "isolation" | "spool" | "hold" | "onFrame" | "onEnd">,
): GuestProcess {
  const opened: number[] = [];
  const open = (use: "append" | "read" | "copy"): number => {
    const descriptor = keeper.openLog(use);
    opened.push(descriptor);
    return descriptor;
  };
  try {
    return new GuestProcess({
      ...options,
      program: instead?.program,
      log: {
        descriptor: open("append"),
        reader: open("read"),
        copy: open("copy"),
        mostBytes: longestLog(mostRecordBytes(limits)),
      },
      visible: [],
      limits,
    });
  } finally {
    for (const descriptor of opened) closeSync(descriptor);
  }
}

/** Returns the greatest length of a record of a guest's process. */
export function mostRecordBytes(limits: Limits): number {
  return Math.max(limits["call-bytes"], pieceBytes) + recordSlackBytes;
}

/** Bytes of a record beside a call's own: two paths, at most. */
const recordSlackBytes = 1024 * 1024;
