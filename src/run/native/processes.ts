import { closeSync, openSync, readFileSync, readSync, readlinkSync } from "node:fs";

import { type ProcessFact, type ProcessNumber, textOfBytes } from "../../../journal/index.ts";
import { wordsToKeep } from "./command-words.ts";
import { isFirstOfNamespace } from "./limits/processes.ts";

/** A process before it has a number. */
export type NewProcess = Omit<ProcessFact, "kind">;

/** A thread is looked at again after so many milliseconds: no number is given to another one that soon. */
const lookAgainMilliseconds = 10;
/** The most threads to remember; then all are looked at again. */
const mostRemembered = 10_000;
/** The most processes to remember, beyond those that are there; then those that are gone are forgotten. */
const mostProcesses = 10_000;
/** The most processes above one to tell of with it. */
const mostAbove = 32;
const longestCommand = 64 * 1024;

/**
 * Knows the processes of a program by the threads that the kernel names, and tells of each once, before its first event:
 * the processes above it first. One that runs another program counts as another.
 */
export class Processes {
  readonly #tell: (process: NewProcess) => void;
  readonly #own: number;
  #last = 0;
  readonly #threads = new Map<number, Seen>();
  readonly #processes = new Map<number, Known>();
  #most = mostProcesses;

  /** `tell` is called with each new process, and may refuse it by an exception: then nothing is by it. */
  constructor(tell: (process: NewProcess) => void, own = process.pid) {
    this.#tell = tell;
    this.#own = own;
  }

  /** Returns the number of the process that a thread belongs to; undefined if that is not known. */
  of(thread: number): ProcessNumber | undefined {
    if (thread === 0) return undefined;
    const now = performance.now();
    const seen = this.#threads.get(thread);
    if (seen !== undefined && now - seen.at < lookAgainMilliseconds) return seen.number;
    return this.lookAt(thread);
  }

  /** The same, of this very moment: a program that a process went over to just now counts as itself. */
  lookAt(thread: number): ProcessNumber | undefined {
    if (thread === 0) return undefined;
    const number = this.#lookAt(thread, this.#threads.get(thread));
    if (this.#threads.size >= mostRemembered) this.#threads.clear();
    this.#threads.set(thread, { at: performance.now(), number });
    return number;
  }

  /** The number that the next one gets; a person who does something within the run takes one, too. */
  get next(): ProcessNumber {
    return (this.#last + 1) as ProcessNumber;
  }

  /** Takes note that this number is taken. */
  take(number: ProcessNumber): void {
    this.#last = number;
  }

  /** The number of processes that are remembered. */
  get remembered(): number {
    return this.#processes.size;
  }

  #lookAt(thread: number, seen: Seen | undefined): ProcessNumber | undefined {
    const pid = processOf(thread);
    // It is gone: what it did until now it did as what it was.
    if (pid === undefined) return seen?.number ?? this.#gone(thread);
    return this.#numberOf(pid, 0);
  }

  #numberOf(pid: number, depth: number): ProcessNumber | undefined {
    const facts = factsOf(pid);
    const known = this.#processes.get(pid);
    if (facts === undefined) return known?.number ?? this.#gone(pid);
    const isSame = known?.ticks === facts.ticks && known.executable === facts.executable;
    if (isSame) return known.number;
    const above =
      depth < mostAbove && !this.#isOutside(facts.parent)
        ? this.#numberOf(facts.parent, depth + 1)
        : undefined;
    const { executable, started } = facts;
    return this.#add(pid, facts.ticks, {
      pid,
      args: wordsToKeep(commandOf(pid)),
      ...(above === undefined ? {} : { startedBy: above }),
      ...(started === undefined ? {} : { started }),
      ...(executable === undefined ? {} : { executable }),
    });
  }

  #gone(pid: number): ProcessNumber | undefined {
    return this.#add(pid, undefined, { pid, args: [] });
  }

  #add(
    pid: number,
    ticks: number | undefined,
    facts: Omit<NewProcess, "number">,
  ): ProcessNumber | undefined {
    const number = (this.#last + 1) as ProcessNumber;
    try {
      this.#tell({ number, ...facts });
    } catch {
      // A limit is reached, or the journal takes nothing more: the event itself says so.
      return undefined;
    }
    this.#last = number;
    if (this.#processes.size >= this.#most) this.#forgetGone();
    this.#processes.set(pid, { number, ticks, executable: facts.executable });
    return number;
  }

  #forgetGone(): void {
    for (const [pid, known] of this.#processes)
      if (known.ticks === undefined || factsOf(pid)?.ticks !== known.ticks)
        this.#processes.delete(pid);
    this.#most = this.#processes.size + mostProcesses;
  }

  /** Tells whether a process is one of ours, which started the program, or the first of its namespace. */
  #isOutside(pid: number): boolean {
    return pid <= 1 || pid === this.#own || isFirstOfNamespace(pid);
  }
}

interface Seen {
  readonly at: number;
  readonly number: ProcessNumber | undefined;
}

interface Known {
  readonly number: ProcessNumber;
  readonly ticks: number | undefined;
  readonly executable: string | undefined;
}

interface Facts {
  readonly parent: number;
  /** The start, in hundredths of a second since the machine's. */
  readonly ticks: number;
  readonly started: bigint | undefined;
  readonly executable: string | undefined;
}

/** Returns the process of a thread. Both have numbers of one kind, and below /proc each has a directory. */
function processOf(thread: number): number | undefined {
  const found = /^Tgid:\s*(\d+)$/mu.exec(textAt(`/proc/${thread}/status`) ?? "")?.[1];
  return found === undefined ? undefined : Number(found);
}

function factsOf(pid: number): Facts | undefined {
  const text = textAt(`/proc/${pid}/stat`);
  if (text === undefined) return undefined;
  // proc_pid_stat(5): the name stands in parentheses, and may hold any.
  const fields = text.slice(text.lastIndexOf(")") + 2).split(" ");
  const [parent, ticks] = [Number(fields[1]), Number(fields[19])];
  if (!Number.isSafeInteger(parent) || !Number.isSafeInteger(ticks)) return undefined;
  return { parent, ticks, started: timeOf(ticks), executable: executableOf(pid) };
}

function executableOf(pid: number): string | undefined {
  try {
    return textOfBytes(readlinkSync(`/proc/${pid}/exe`, { encoding: "buffer" }));
  } catch {
    return undefined;
  }
}

function commandOf(pid: number): string[] {
  const text = textAt(`/proc/${pid}/cmdline`) ?? "";
  const args = text === "" ? [] : text.replace(/\0$/u, "").split("\0");
  // A program that gives itself a title, as npm does, leaves nothing but zeros behind it.
  const [title, ...rest] = args;
  return title !== undefined && rest.length > 1 && rest.every((word) => word === "")
    ? [title]
    : args;
}

/** Reads a file of /proc; undefined if the process is gone. */
function textAt(path: string): string | undefined {
  try {
    const file = openSync(path, "r");
    try {
      const length = readSync(file, room, 0, room.length, 0);
      return textOfBytes(room.subarray(0, length));
    } finally {
      closeSync(file);
    }
  } catch {
    return undefined;
  }
}

const room = Buffer.alloc(longestCommand);

/** Returns the time of a tick. Linux counts a hundred a second, whatever its own clock does. */
function timeOf(ticks: number): bigint | undefined {
  const boot = bootTime();
  return boot === undefined ? undefined : boot * 1_000_000_000n + BigInt(ticks) * 10_000_000n;
}

/** Returns the second at which the machine was started. */
function bootTime(): bigint | undefined {
  try {
    const found = /^btime (\d+)$/mu.exec(readFileSync("/proc/stat", "utf8"))?.[1];
    return found === undefined ? undefined : BigInt(found);
  } catch {
    return undefined;
  }
}
