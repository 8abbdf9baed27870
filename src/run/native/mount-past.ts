import { type ChildProcess, spawnSync } from "node:child_process";
import { closeSync, readFileSync, readdirSync, realpathSync, statSync } from "node:fs";
import { dirname, join, basename } from "node:path";
import { constants } from "node:os";

import { type Durability, type Seq, resolvePath } from "../../../journal/index.ts";
import { Attachment } from "../../attach/index.ts";
import type { Limits } from "../../fs/index.ts";
import type { Rule } from "../../rules/index.ts";
import { type AskOptions, Asking } from "../asking/asking.ts";
import { Answers } from "./answers.ts";
import { RunError } from "../ending/error.ts";
import type { RunResult } from "../ending/result.ts";
import { cannotMount } from "./cannot-mount.ts";
import { killProgram } from "./end-program.ts";
import { keepSeen } from "./keep-seen.ts";
import { openDevice } from "./machine.ts";
import { mountOptions, startProgram } from "./program.ts";
import { Server } from "./server.ts";
import { type ServeRequest, Shared, type ShowRequest } from "./server-protocol.ts";

/** A run that records what is changed by a mount. */
export interface Changes {
  readonly durability: Durability;
  readonly limits: Limits;
  /** The name that the run has for who makes them, and their arguments. */
  readonly program: string;
  readonly args: readonly string[];
  /** Rules that changes and reads are held to; the first one that fits a call counts. */
  readonly rules: readonly Rule[];
  /** Answers questions where a rule asks. */
  readonly ask: AskOptions;
}

/** A state, and where it is to be seen. */
export interface MountOptions {
  readonly journal: string;
  readonly at: Seq | "newest";
  /** The newest state can be changed; what is changed is recorded. Without it nothing can. */
  readonly changes?: Changes | undefined;
  readonly folder: string;
  /** Unmounts it when it aborts. */
  readonly signal: AbortSignal;
}

/** The end of a mount: the program's exit code, and the run that recorded what it changed. */
export interface MountEnd {
  readonly exit: number;
  readonly result: RunResult | undefined;
}

/**
 * Mounts a state for everybody on this machine, until the signal aborts or somebody unmounts it. Calls `onMount` once it
 * is there. Needs root. Throws RunError, JournalError.
 */
export async function mountPast(
  { folder: given, signal, ...options }: MountOptions,
  onMount: () => void,
): Promise<MountEnd> {
  const folder = pointOf(given, options.journal);
  if (readdirSync(folder).length > 0)
    throw new RunError("failed", `Cannot mount at ${given}: it is not empty`, {
      hint: "name an empty folder; with a program after --, any folder, as that alone sees it",
    });
  return withServer(options, async ({ server, device, shared, begin }) => {
    const mounted = spawnSync(
      "mount",
      ["-i", "-t", "fuse.rewindfs", "-o", mountOptions(accessOf(options)), "rewindfs", folder],
      { encoding: "utf8", stdio: ["ignore", "ignore", "pipe", device] },
    );
    if (mounted.status !== 0) throw cannotMount(folder, mounted.stderr.trim());
    onMount();
    let isBroken = false;
    const unmount = (): void => {
      // An orderly one would wait for ever if nobody answers the kernel any more.
      const isDone =
        !isBroken &&
        spawnSync("umount", [folder], { stdio: "ignore", timeout: patience }).status === 0;
      // One that is in use goes when nobody uses it any more; what it shows ends now.
      if (!isDone) spawnSync("umount", ["--force", "--lazy", folder], { stdio: "ignore" });
    };
    signal.addEventListener("abort", unmount);
    begin(folder, unmount);
    const pulse = options.changes === undefined ? undefined : keepSeen(shared, folder);
    try {
      if (signal.aborted) unmount();
      const broken = server.broken().then(() => {
        isBroken = true;
      });
      await Promise.race([server.unmounted(), broken, aborted(signal)]);
    } finally {
      clearInterval(pulse);
      signal.removeEventListener("abort", unmount);
      if (!signal.aborted) unmount();
    }
    return 0;
  });
}

/** Milliseconds that an orderly unmount may take. */
const patience = 5_000;

function accessOf({ changes }: Pick<MountOptions, "changes">): "read-only" | "read-write" {
  return changes === undefined ? "read-only" : "read-write";
}

/** Runs a program that sees a state in a folder, as nobody else does. Throws RunError, JournalError. */
export async function runWithPast(
  { folder: given, signal, ...options }: MountOptions,
  command: readonly string[],
  environment: Readonly<Record<string, string>>,
): Promise<MountEnd> {
  const folder = pointOf(given, options.journal);
  return withServer(options, async ({ server, device, shared, begin }) => {
    const { process: program, mounted } = startProgram({
      device,
      folder,
      cwd: process.cwd(),
      access: accessOf(options),
      border: undefined,
      command,
      environment,
    });
    const ended = endOf(program);
    const end = (): void => killProgram(program);
    signal.addEventListener("abort", end);
    void server.broken().then(end);
    const seen = `/proc/${program.pid}/root${folder}`;
    const pulse = options.changes === undefined ? undefined : keepSeen(shared, seen);
    try {
      if (signal.aborted) end();
      const problem = await mounted;
      if (problem !== undefined) throw cannotMount(folder, problem);
      begin(seen, end);
      const exit = await ended;
      if (server.lost !== undefined) throw server.lost;
      return exit;
    } finally {
      clearInterval(pulse);
      signal.removeEventListener("abort", end);
    }
  });
}

/** The parts that serve a mount. */
interface Serving {
  readonly server: Server;
  readonly device: number;
  readonly shared: Shared;
  /** Is called once the mount is there, with its path: somebody may be asked, and attach; `stop` ends it. */
  readonly begin: (inside: string, stop: () => void) => void;
}

async function withServer(
  options: Pick<MountOptions, "journal" | "at" | "changes">,
  body: (serving: Serving) => Promise<number>,
): Promise<MountEnd> {
  const { journal, changes } = options;
  const device = openDevice();
  const shared = new Shared();
  const answers = new Answers();
  using attachment =
    changes === undefined
      ? undefined
      : new Attachment(changes.program, {
          hold: async (rules) => answers.hold(server, rules),
          putBack: (order) => answers.putBack(server, order),
        });
  using asking = new Asking(changes?.ask ?? {}, async (question, signal) =>
    attachment?.ask(question, signal),
  );
  const server = new Server(asking, (given) => answers.wake(given));
  const begin: Serving["begin"] = (inside, stop) => {
    answers.begin(inside, stop);
    attachment?.listen(journal);
  };
  try {
    await server.serve(requestOf(options, device, shared));
    const exit = await body({ server, device, shared, begin });
    if (options.changes === undefined) return { exit, result: undefined };
    const run = await server.end(exit, undefined);
    if (run === undefined) throw new RunError("failed", "The run did not begin");
    const outcome = { kind: "exited", exit } as const;
    return { exit, result: { run, digest: "", outcome, notes: asking.notes() } };
  } finally {
    shared.giveUp();
    await server.close();
    closeSync(device);
  }
}

function requestOf(
  { journal, at, changes }: Pick<MountOptions, "journal" | "at" | "changes">,
  descriptor: number,
  shared: Shared,
): ServeRequest | ShowRequest {
  const owner = { uid: process.getuid?.() ?? 0, gid: process.getgid?.() ?? 0 };
  const { buffer } = shared;
  if (changes === undefined)
    return { kind: "show", descriptor, owner, journal, at, shared: buffer };
  const usual = {
    accesses: "ignore",
    environment: [],
    // A rule about reading is one about the past, too.
    moments: changes.rules.length > 0 ? "hidden" : "shown",
    attachable: true,
    events: "kept",
  } as const;
  // The thread is handed nothing that cannot be copied.
  const { ask: _, ...copied } = changes;
  return { kind: "serve", descriptor, owner, journal, ...copied, ...usual, shared: buffer };
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
