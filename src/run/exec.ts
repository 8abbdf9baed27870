import { resolve } from "node:path";

import type { Durability, Event } from "../../journal/index.ts";
import { type Limits, profiles } from "../fs/index.ts";
import type { Rule } from "../rules/index.ts";
import type { AskOptions } from "./asking/asking.ts";
import type { BeforeChange } from "./asking/before-change.ts";
import { RunError } from "./ending/error.ts";
import { labelsIn } from "./labels.ts";
import type { RunResult } from "./ending/result.ts";
import type { Isolation } from "./isolation/index.ts";
import { requireSystem, systemPath } from "./native/machine.ts";
import { runNative } from "./native/run-native.ts";

/** Choices for a native program; each has a default. */
export interface ExecOptions {
  /** The folder of this machine where the program finds the filesystem, and in which it starts: the current one. */
  readonly folder?: string;
  /** All variables that the program gets; by default those of this process that find programs and speak to people. */
  readonly environment?: ReadonlyMap<string, string>;
  /** "process" by default. */
  readonly durability?: Durability;
  /** The default profile by default. */
  readonly limits?: Limits;
  /** "record" makes events of opens and reads too. */
  readonly accesses?: "record" | "ignore";
  /** "auto" by default: the best available, with a note on what is missing; "required" fails without it. */
  readonly isolation?: Isolation;
  /** Words that the run is found by. */
  readonly labels?: ReadonlyMap<string, string> | Readonly<Record<string, string>>;
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
  /** "none" by default. */
  readonly network?: "none" | "host";
  /** Paths of this machine that the program sees although they are below a hidden folder. */
  readonly shown?: readonly string[];
  /** 0, the default: no limit. */
  readonly timeoutSeconds?: number;
  /** Ends the program when it aborts; a reason of "SIGINT", "SIGTERM" or "SIGHUP" says how. */
  readonly signal?: AbortSignal;
}

/**
 * Runs a program of this machine on a journal's filesystem, as `rewindfs exec --no-dir` does, and resolves once it and all
 * that it started have ended. It has this process's standard streams, and of its environment what finds programs and
 * speaks to people. Throws RunError, JournalError: RunError too where this process is not root, not even of a namespace of
 * its own, which `enterUserNamespace` makes.
 */
export async function exec(
  journal: string,
  command: readonly [program: string, ...args: string[]],
  options: ExecOptions = {},
): Promise<RunResult> {
  const [program, ...args] = command;
  // Callers in JavaScript are not held to the type.
  if (typeof program !== "string" || program === "")
    throw new RunError("failed", "Cannot run a command without a program", {
      hint: 'give its name first, as in exec(journal, ["make", "test"])',
    });
  requireSystem();
  if (process.getuid?.() !== 0)
    throw new RunError("failed", "Cannot mount a filesystem: this process is not root", {
      hint: "call enterUserNamespace() first of all: the process begins again as root of a namespace of its own",
    });
  const { folder = ".", labels, ...rest } = options;
  return runNative({
    durability: "process",
    limits: profiles.default,
    accesses: "ignore",
    isolation: "auto",
    network: "none",
    shown: [],
    timeoutSeconds: 0,
    environment: usualEnvironment(),
    signal: new AbortController().signal,
    start: "/",
    ...rest,
    ...(labels === undefined ? {} : { labels: labelsIn(labels) }),
    journal: resolve(journal),
    program,
    args,
    folder: resolve(folder),
  });
}

/** Variables that find programs and speak to people. */
const usual = ["HOME", "LANG", "PATH", "TERM", "TZ", "USER"] as const;

function usualEnvironment(): ReadonlyMap<string, string> {
  const found = new Map([["PATH", systemPath]]);
  for (const name of usual) {
    const value = process.env[name];
    if (value !== undefined) found.set(name, value);
  }
  return found;
}
