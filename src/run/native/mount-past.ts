import { type ChildProcess, spawnSync } from "node:child_process";
import { closeSync, readFileSync, readdirSync, realpathSync, statSync } from "node:fs";
import { dirname, join, basename } from "node:path";
import { constants } from "node:os";

import { type Seq, resolvePath } from "../../../journal/index.ts";
import { RunError } from "../ending/error.ts";
import { cannotMount } from "./cannot-mount.ts";
import { killProgram } from "./end-program.ts";
import { openDevice } from "./machine.ts";
import { mountOptions, startProgram } from "./program.ts";
import { Server } from "./server.ts";
import { Shared } from "./server-protocol.ts";

/** A past state, and where it is to be seen. */
export interface MountOptions {
  readonly journal: string;
  readonly at: Seq | "newest";
  readonly folder: string;
  /** Unmounts it when it aborts. */
  readonly signal: AbortSignal;
}

/**
 * Mounts a past state, read-only, for everybody on this machine, until the signal aborts or somebody unmounts it. Calls
 * `onMount` once it is there. Needs root. Throws RunError, JournalError.
 */
export async function mountPast(
  { folder: given, signal, ...options }: MountOptions,
  onMount: () => void,
): Promise<void> {
  const folder = pointOf(given, options.journal);
  if (readdirSync(folder).length > 0)
    throw new RunError("failed", `Cannot mount at ${given}: it is not empty`, {
      hint: "name an empty folder; with a program after --, any folder, as that alone sees it",
    });
  await withServer(options, async (server, device) => {
    const mounted = spawnSync(
      "mount",
      ["-i", "-t", "fuse.rewindfs", "-o", mountOptions("read-only"), "rewindfs", folder],
      { encoding: "utf8", stdio: ["ignore", "ignore", "pipe", device] },
    );
    if (mounted.status !== 0) throw cannotMount(folder, mounted.stderr.trim());
    onMount();
    const unmount = (): void => {
      // One that is in use goes when nobody uses it any more; what it shows ends now.
      const done = spawnSync("umount", [folder], { stdio: "ignore" });
      if (done.status !== 0) spawnSync("umount", ["--lazy", folder], { stdio: "ignore" });
    };
    signal.addEventListener("abort", unmount);
    try {
      if (signal.aborted) unmount();
      await Promise.race([server.unmounted(), aborted(signal)]);
    } finally {
      signal.removeEventListener("abort", unmount);
      if (!signal.aborted) unmount();
    }
  });
}

/**
 * Runs a program that sees a past state in a folder, read-only, as nobody else does. Resolves with its exit code. Throws
 * RunError, JournalError.
 */
export async function runWithPast(
  { folder: given, signal, ...options }: MountOptions,
  command: readonly string[],
  environment: Readonly<Record<string, string>>,
): Promise<number> {
  const folder = pointOf(given, options.journal);
  return withServer(options, async (server, device) => {
    const { process: program, mounted } = startProgram({
      device,
      folder,
      cwd: process.cwd(),
      access: "read-only",
      border: undefined,
      command,
      environment,
    });
    const ended = endOf(program);
    const end = (): void => killProgram(program);
    signal.addEventListener("abort", end);
    void server.broken().then(end);
    try {
      if (signal.aborted) end();
      const problem = await mounted;
      if (problem !== undefined) throw cannotMount(folder, problem);
      return await ended;
    } finally {
      signal.removeEventListener("abort", end);
    }
  });
}

async function withServer<T>(
  { journal, at }: Pick<MountOptions, "journal" | "at">,
  body: (server: Server, device: number) => Promise<T>,
): Promise<T> {
  const device = openDevice();
  const shared = new Shared();
  const server = new Server();
  try {
    const owner = { uid: process.getuid?.() ?? 0, gid: process.getgid?.() ?? 0 };
    await server.serve({
      kind: "show",
      descriptor: device,
      owner,
      journal,
      at,
      shared: shared.buffer,
    });
    return await body(server, device);
  } finally {
    shared.giveUp();
    await server.close();
    closeSync(device);
  }
}

async function endOf(program: ChildProcess): Promise<number> {
  return new Promise((resolve, reject) => {
    program.on("error", reject);
    program.on("exit", (code, name) => resolve(code ?? 128 + constants.signals[name ?? "SIGKILL"]));
  });
}

async function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    signal.addEventListener("abort", () => resolve());
  });
}

/** Returns the folder to mount at, without what a killed server left there. Throws RunError. */
function pointOf(given: string, journal: string): string {
  try {
    const folder = realpathSync(given);
    if (resolvePath(journal).startsWith(`${folder}/`))
      throw new RunError("failed", `Cannot mount at ${given}: the journal is in there`, {
        hint: "name an empty folder",
      });
    if (statSync(folder).isDirectory() && folder !== "/") return folder;
    throw new RunError("failed", `Cannot mount at ${given}: it is no folder to mount at`, {
      hint: "name an empty folder",
    });
  } catch (error) {
    if (error instanceof RunError || !(error instanceof Error) || !("code" in error)) throw error;
    if (error.code === "ENOTCONN" && isOurs(given)) {
      const done = spawnSync("umount", ["--lazy", given], { encoding: "utf8" });
      if (done.status === 0) return pointOf(given, journal);
    }
    if (error.code === "ENOENT")
      throw new RunError("failed", `Cannot mount at ${given}: there is no such folder`, {
        hint: "make it first, with mkdir",
      });
    throw new RunError("failed", `Cannot mount at ${given}: ${error.message}`, {
      hint: "name an empty folder that you may change",
    });
  }
}

/** Tells if a mount whose server is gone was one of ours. */
function isOurs(given: string): boolean {
  const folder = join(realpathSync(dirname(given)), basename(given));
  return readFileSync("/proc/self/mounts", "utf8")
    .split("\n")
    .some((line) => line.startsWith("rewindfs ") && line.split(" ")[1] === escaped(folder));
}

/** Writes a path as the list of mounts does: proc_pid_mounts(5). */
function escaped(path: string): string {
  return path.replaceAll(
    /[ \t\n\\]/g,
    (one) => `\\${one.charCodeAt(0).toString(8).padStart(3, "0")}`,
  );
}
