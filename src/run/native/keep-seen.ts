import { statfs } from "node:fs/promises";

import type { Shared } from "./server-protocol.ts";

/**
 * Makes the server's thread, when nobody asks it for anything, commit what readers of the journal do not see yet: it
 * waits for the kernel, which only a request can end. The path leads into the program's namespace.
 */
export function keepSeen(shared: Shared, path: string): NodeJS.Timeout {
  let before = shared.served;
  let waited = 0;
  return setInterval(() => {
    const { served, hasUnseen } = shared;
    const isIdle = served === before;
    before = served;
    waited = hasUnseen ? waited + 1 : 0;
    if (!hasUnseen || (!isIdle && waited < mostWaited)) return;
    waited = 0;
    // It fails once the program has ended, and then there is nothing to do.
    void statfs(path).catch(() => {});
  }, unseenMilliseconds);
}

/** Milliseconds for which readers of the journal may have to wait for an event when nothing else happens. */
const unseenMilliseconds = 20;
/** Number of such spans that they may have to wait while a program only reads. */
const mostWaited = 5;
