import { lstatSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { hostname, tmpdir } from "node:os";
import { join } from "node:path";

/** Folders of this process. */
const own = new Set<string>();

/**
 * Makes a folder for journals that are being looked into, which nobody else can look into. Removes those of depots of
 * this machine that were killed: bytes lie there that may have been removed since.
 */
export function makeScratch(): string {
  removeAbandoned();
  const folder = mkdtempSync(join(tmpdir(), `${prefix}${process.pid}-`));
  own.add(folder);
  return folder;
}

// Of another container with the same folder for temporary files the processes are not seen.
const prefix = `rewindfs-depot-${hostname().replaceAll(/[^\w.]/g, "_")}-`;

function removeAbandoned(): void {
  for (const name of readdirSync(tmpdir())) {
    const [, pid] = name.startsWith(prefix)
      ? (/^(\d{1,9})-\w+$/.exec(name.slice(prefix.length)) ?? [])
      : [];
    const folder = join(tmpdir(), name);
    if (pid === undefined || own.has(folder) || isAlive(Number(pid))) continue;
    try {
      const status = lstatSync(folder);
      if (status.isDirectory() && status.uid === process.getuid?.())
        rmSync(folder, { recursive: true, force: true });
    } catch {
      // Another depot that starts is faster.
    }
  }
}

function isAlive(pid: number): boolean {
  if (pid === process.pid) return false;
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return !(error instanceof Error && "code" in error && error.code === "ESRCH");
  }
}
