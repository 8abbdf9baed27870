import { closeSync, realpathSync } from "node:fs";
import { constants } from "node:os";
import { resolve } from "node:path";
import { isatty } from "node:tty";

import type { Durability, Event } from "../../../journal/index.ts";
import { Attachment, makeLiveFolder } from "../../attach/index.ts";
import type { Limits } from "../../fs/index.ts";
import type { Rule } from "../../rules/index.ts";
import { type AskOptions, Asking } from "../asking/asking.ts";
import { type BeforeChange, askWith, rulesWith } from "../asking/before-change.ts";
import { Answers } from "./answers.ts";
import { type Stop, stopOfReason, stops } from "../ending/control.ts";
import { RunError } from "../ending/error.ts";
import type { Outcome } from "../ending/outcome.ts";
import { type Isolation, unnamedFile } from "../isolation/index.ts";
import type { RunResult } from "../ending/result.ts";
import { cannotMount } from "./cannot-mount.ts";
import { endProgram, killProgram } from "./end-program.ts";
import { identity, openDevice, supportHere } from "./machine.ts";
import { keepSeen } from "./keep-seen.ts";
import { HeldLimits } from "./limits/held-limits.ts";
import { type Started, filterAt, startProgram } from "./program.ts";
import { argumentsFile, sandboxArguments, socketsIn } from "./sandbox.ts";
import { Server } from "./server.ts";
import { type ServeRequest, Shared } from "./server-protocol.ts";
import { Telling } from "./telling.ts";

/** A native program, and the filesystem that it runs on. */
export interface NativeOptions {
  /** The program, by its name or path, and its arguments. */
  readonly program: string;
  readonly args: readonly string[];
  /** All variables that the program gets. */
  readonly environment: ReadonlyMap<string, string>;
  /** The folder where the filesystem is mounted. */
  readonly folder: string;
  /** The directory of the filesystem that the program starts in. */
  readonly start: string;
  readonly journal: string;
  readonly durability: Durability;
  readonly limits: Limits;
  readonly accesses: "record" | "ignore";
  readonly isolation: Isolation;
  /** Words that the run is found by. */
  readonly labels?: ReadonlyMap<string, string> | undefined;
  /** Rules that the program's calls are held to; the first one that fits a call counts. */
  readonly rules?: readonly Rule[];
  /** Answers questions where a rule asks. */
  readonly ask?: AskOptions;
  /**
   * Is asked about each change of a file that no rule decides, before it is made: the process that makes it waits. It
   * denies by throwing, too.
   */
  readonly beforeChange?: BeforeChange;
  /** Called with each event of the run, in order, once it is recorded. What it throws ends the program, and is thrown. */
  readonly onEvent?: (event: Event) => void;
  /** With `onEvent`: first come the events of the journal after this one. */
  readonly since?: number;
  /** Lets a debugger of this user attach, and hold calls. Default: no. */
  readonly attachable?: boolean;
  readonly network: "none" | "host";
  /** Paths that the program sees although they are below a hidden folder. */
  readonly shown: readonly string[];
  /** 0: no limit. */
  readonly timeoutSeconds: number;
  /** Ends the program when it aborts; a reason of "SIGINT", "SIGTERM" or "SIGHUP" says how. */
  readonly signal: AbortSignal;
}

/**
 * Runs a native program on the journal's filesystem, and resolves once it and all that it started have ended. Throws
 * RunError, JournalError.
 */
export async function runNative(options: NativeOptions): Promise<RunResult> {
  const border = borderOf(options.isolation);
  const folder = folderOf(options.folder);
  const device = openDevice();
  const shared = new Shared();
  const answers = new Answers();
  using attachment =
    options.attachable === true
      ? new Attachment(options.program, {
          hold: async (rules) => answers.hold(server, rules),
          putBack: (order) => answers.putBack(server, order),
        })
      : undefined;
  using asking = new Asking(askWith(options), async (question, signal) =>
    attachment?.ask(question, signal),
  );
  const telling = new Telling(options);
  const server = new Server(asking, (given) => answers.wake(given), telling);
  try {
    await server.serve(requestOf(options, device, shared));
    using filter = border.kind === "none" ? undefined : unnamedFile(border.filter);
    // It can only be hidden from the program once it is there.
    makeLiveFolder();
    const sandbox = sandboxOf(options, folder);
    using limits = new HeldLimits(options.limits, { border: border.kind, uid: identity().uid });
    using args =
      border.kind === "none" ? undefined : unnamedFile(argumentsFile(sandboxArguments(sandbox)));
    const started = startProgram({
      device,
      folder,
      cwd: startOf(options, folder),
      access: "read-write",
      border:
        border.kind === "none" || filter === undefined || args === undefined
          ? undefined
          : {
              bubblewrap: border.bubblewrap,
              args: args.reader,
              filter: filter.reader,
              emptied: socketsIn(sandbox),
            },
      command: [options.program, ...options.args],
      limits,
      environment: Object.fromEntries(options.environment),
    });
    const outcome = await outcomeOf(started, server, options, {
      folder,
      shared,
      held: limits,
      answers,
      telling,
      onMounted: () => attachment?.listen(options.journal),
    });
    await started.printed;
    const run = await server.end(outcome.exit, "reason" in outcome ? outcome.reason : undefined);
    if (telling.failure !== undefined) throw telling.failure.error;
    if (run === undefined) throw new RunError("failed", "The run did not begin");
    return {
      run,
      digest: "",
      outcome,
      notes: [...border.notes, ...limits.notes(), ...asking.notes()],
    };
  } finally {
    shared.giveUp();
    await server.close();
    closeSync(device);
  }
}

type Border =
  | { readonly kind: "none"; readonly notes: readonly string[] }
  | {
      readonly kind: "bubblewrap";
      readonly bubblewrap: string;
      readonly filter: Uint8Array;
      readonly notes: readonly string[];
    };

/** Throws RunError if a border is required and there is none. */
function borderOf(isolation: Isolation): Border {
  if (isolation === "none") return { kind: "none", notes: [] };
  const support = supportHere();
  if (!("missing" in support))
    return {
      kind: "bubblewrap",
      bubblewrap: support.bubblewrap,
      filter: support.programFilter(hasTerminal() ? "shared" : "own", identity()),
      notes: [],
    };
  if (isolation === "required")
    throw new RunError("failed", `Cannot confine the program: ${support.missing}`, {
      hint: `${support.hint} Or run without, for programs that are trusted: --isolation none.`,
    });
  const note = `the program was not confined to its folder: ${support.missing}. Hint: ${support.hint}`;
  return { kind: "none", notes: [note] };
}

function folderOf(given: string): string {
  const folder = realpathSync(given);
  if (folder !== "/") return folder;
  throw new RunError("failed", "Cannot mount a filesystem over /", {
    hint: "change to the folder that the program is to work in",
  });
}

function requestOf(options: NativeOptions, descriptor: number, shared: Shared): ServeRequest {
  const { journal, durability, limits, accesses, program, args, environment, labels } = options;
  return {
    kind: "serve",
    descriptor,
    owner: { uid: process.getuid?.() ?? 0, gid: process.getgid?.() ?? 0 },
    journal,
    durability,
    limits,
    accesses,
    program,
    args,
    environment: [...environment.keys()],
    moments: "hidden",
    rules: rulesWith(options),
    events: options.onEvent === undefined ? "kept" : "told",
    attachable: options.attachable ?? false,
    ...(labels === undefined ? {} : { labels }),
    shared: shared.buffer,
  };
}

function startOf({ start }: NativeOptions, folder: string): string {
  return resolve(`${folder}/${start}`);
}

function sandboxOf(options: NativeOptions, folder: string) {
  const { journal, network, shown, environment } = options;
  const home = environment.get("HOME");
  const terminal = hasTerminal() ? "shared" : "none";
  const rest = { environment, terminal, filter: filterAt, ...identity() } as const;
  return { folder, cwd: startOf(options, folder), journal, network, shown, home, ...rest };
}

/** Tells if the program gets a terminal, and with it a place among the processes of who started this one. */
function hasTerminal(): boolean {
  return isatty(0) || isatty(1) || isatty(2);
}

interface Around {
  readonly folder: string;
  readonly shared: Shared;
  readonly held: HeldLimits;
  readonly answers: Answers;
  readonly telling: Telling;
  readonly onMounted: () => void;
}

/** Waits for the program's end, and ends it early where it must. */
async function outcomeOf(
  { process: program, mounted }: Started,
  server: Server,
  { signal, timeoutSeconds, limits }: NativeOptions,
  { folder, shared, held, answers, telling, onMounted }: Around,
): Promise<Outcome> {
  const ended = new Promise<number>((resolve, reject) => {
    program.on("error", reject);
    program.on("exit", (code, name) => resolve(code ?? 128 + constants.signals[name ?? "SIGKILL"]));
  });
  let stopped: Stop | undefined;
  const stop = (why: Stop): void => {
    stopped ??= why;
    endProgram(program);
  };
  const onAbort = (): void => stop(stopOfReason(signal.reason));
  signal.addEventListener("abort", onAbort);
  if (signal.aborted) onAbort();
  const seconds = Math.min(timeoutSeconds || Infinity, limits.seconds || Infinity);
  let timer: NodeJS.Timeout | undefined;
  const inside = `/proc/${program.pid}/root${folder}`;
  const pulse = keepSeen(shared, inside);
  answers.begin(inside, stop);
  const stopLooking = held.watch(program.pid, () => {
    stopped ??= "processes";
    killProgram(program);
  });
  void telling.failed.then(() => stop("abort"));
  void server.broken().then(() => killProgram(program));
  try {
    const problem = await mounted;
    if (problem !== undefined && stopped !== undefined)
      throw new RunError("stopped", `The run did not begin: ${stops[stopped].reason}`);
    if (problem !== undefined) throw cannotMount(folder, problem);
    onMounted();
    if (seconds !== Infinity) timer = setTimeout(stop, seconds * 1000, "timeout");
    const exit = await ended;
    return stopped === undefined
      ? { kind: "exited", exit }
      : { kind: "stopped", ...stops[stopped] };
  } finally {
    clearTimeout(timer);
    clearInterval(pulse);
    stopLooking();
    signal.removeEventListener("abort", onAbort);
    killProgram(program);
  }
}
