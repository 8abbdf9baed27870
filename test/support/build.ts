// Builds dist/ from the sources before the first test: tests that start programs start the built one, as users do,
// without stripping types each time.
import { execFileSync } from "node:child_process";
import { readFileSync, readdirSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { foldersInMemory } from "./in-memory.ts";

/** Returns the place of a new cluster of PostgreSQL, made by the first test that needs one. */
export function newCluster(runner: number): string {
  return join(tmpdir(), `rewindfs-new-cluster-${runner}`);
}

/** Returns what the places of the servers of PostgreSQL begin with that workers share among their tests. */
export function sharedCluster(runner: number): string {
  return join(tmpdir(), `rewindfs-shared-cluster-${runner}`);
}

export async function teardown(): Promise<void> {
  rmSync(newCluster(process.pid), { recursive: true, force: true });
  await clear((runner) => runner === process.pid);
}

/** Ends the shared servers of some runs of the tests, and removes what they have in memory. */
async function clear(isOver: (runner: number) => boolean): Promise<void> {
  const folders = foldersInMemory(isOver);
  for (const folder of [tmpdir(), ...folders])
    for (const name of readdirSync(folder)) {
      const [, runner] = /^rewindfs-shared-cluster-(\d+)-/.exec(name) ?? [];
      if (runner !== undefined && isOver(Number(runner))) await endCluster(join(folder, name));
    }
  for (const folder of folders) rmSync(folder, { recursive: true, force: true });
}

function isGone(runner: number): boolean {
  try {
    process.kill(runner, 0);
    return false;
  } catch {
    return true;
  }
}

/** Ends a server at once, and removes its files. */
async function endCluster(folder: string): Promise<void> {
  try {
    const pid = Number.parseInt(readFileSync(join(folder, "data", "postmaster.pid"), "utf8"), 10);
    process.kill(pid, "SIGQUIT");
    for (;;) {
      process.kill(pid, 0);
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  } catch {
    // It has ended.
  }
  rmSync(folder, { recursive: true, force: true });
}

const root = join(import.meta.dirname, "..", "..");

export async function setup(): Promise<void> {
  // Whoever was killed has left them.
  await clear(isGone);
  const built = statSync(join(root, "dist", "index.d.ts"), { throwIfNoEntry: false })?.mtimeMs ?? 0;
  const isStale = ["src", "journal", "tui", ".ci"].some((folder) => newestIn(folder) > built);
  if (!isStale) return;
  for (const script of ["build.ts", "types.ts"])
    execFileSync(process.execPath, [join(root, ".ci", script)], { stdio: "pipe" });
}

function newestIn(folder: string): number {
  const files = readdirSync(join(root, folder), { recursive: true, withFileTypes: true });
  return Math.max(
    ...files.map((file) =>
      file.isFile() ? statSync(join(file.parentPath, file.name)).mtimeMs : 0,
    ),
  );
}
