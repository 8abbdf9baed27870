import { lstatSync, readFileSync, realpathSync } from "node:fs";

/** Most sockets that are looked for: each is an argument of the border. */
const mostSockets = 1_000;

/**
 * Lists the paths of sockets on which programs of this machine listen: a filesystem that is read-only keeps nobody from
 * talking to them. Links are resolved.
 */
export function listeningSockets(): readonly string[] {
  const found = new Set<string>();
  for (const line of readFileSync("/proc/net/unix", "utf8").split("\n")) {
    // Num, RefCount, Protocol, Flags, Type, St, Inode, and a path, which whoever listens has chosen.
    const path = /^\S+:(?: +\S+){6} (\/.*)$/.exec(line)?.[1];
    const socket = path === undefined ? undefined : socketAt(path);
    if (socket !== undefined) found.add(socket);
    if (found.size >= mostSockets) break;
  }
  return [...found];
}

function socketAt(path: string): string | undefined {
  try {
    const real = realpathSync(path);
    return lstatSync(real).isSocket() ? real : undefined;
  } catch {
    // It has gone, or this user cannot reach it, and so cannot the program.
    return undefined;
  }
}
