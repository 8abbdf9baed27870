import {
  type Event,
  type Journal,
  personsPid,
  type ProcessFact,
  type ProcessNumber,
  type Run,
  type RunNumber,
  type Stamp,
} from "../../../journal/index.ts";

/** A process as the journal tells of it. */
export type ProcessEvent = ProcessFact & Stamp;

/** The most runs whose processes are kept in mind. */
const mostRuns = 64;

/** Finds the processes of runs by their numbers. Those of a run are read at once, and kept. */
export class Processes {
  readonly #journal: Journal;
  readonly #runs = new Map<RunNumber, Known>();

  constructor(journal: Journal) {
    this.#journal = journal;
  }

  /** Returns the process that did something; undefined if that is not known. */
  by(event: Event): ProcessEvent | undefined {
    if (event.kind === "process") return event;
    if (!("by" in event) || event.by === undefined) return undefined;
    return this.numbered(event.run, event.by);
  }

  numbered(run: RunNumber, number: ProcessNumber): ProcessEvent | undefined {
    return this.#known(run).get(number) ?? this.#readOn(run).get(number);
  }

  /** Returns the processes of a run, in the order of their numbers. */
  of(run: RunNumber): readonly ProcessEvent[] {
    return [...this.#readOn(run).values()];
  }

  /** Returns a process with those above it, the uppermost first. */
  chain(process: ProcessEvent): readonly ProcessEvent[] {
    const chain = [process];
    for (let at = process; at.startedBy !== undefined && chain.length < mostAbove;) {
      const above = this.numbered(at.run, at.startedBy);
      // A journal may claim anything; a process was told of after the one that started it.
      if (above === undefined || above.number >= at.number) break;
      chain.unshift(above);
      at = above;
    }
    return chain;
  }

  /**
   * Tells whether a process, or one above it, is this one or has this text in its command. An argument with spaces is no
   * part of that: a shell's script names many programs, and what one of them did was not done by the others.
   */
  matches(process: ProcessEvent, wanted: string): boolean {
    if (/^\d+$/u.test(wanted)) return process.number === Number(wanted);
    return this.chain(process).some((one) => plainWords(one).includes(wanted));
  }

  #known(run: RunNumber): Map<ProcessNumber, ProcessEvent> {
    return this.#runs.get(run)?.processes ?? this.#readOn(run);
  }

  #readOn(run: RunNumber): Map<ProcessNumber, ProcessEvent> {
    const known = this.#runs.get(run) ?? { read: 0, processes: new Map() };
    const head = this.#journal.head();
    const found = known.read < head ? this.#journal.run(run) : undefined;
    if (found !== undefined && found.last > known.read) {
      const first = Math.max(found.first, known.read + 1);
      for (const event of this.#journal.query({ run, kinds, first, last: head }))
        if (event.kind === "process") known.processes.set(event.number, event);
    }
    known.read = head;
    if (this.#runs.size >= mostRuns) this.#runs.clear();
    this.#runs.set(run, known);
    return known.processes;
  }
}

const kinds = new Set(["process"] as const);
const mostAbove = 32;

interface Known {
  /** The last event that was looked at. */
  read: number;
  readonly processes: Map<ProcessNumber, ProcessEvent>;
}

/**
 * Counts the processes that a run has told of, without reading them all: they are numbered from 1 on. There are none in
 * a guest's run, which has a digest, and where a compaction folded it.
 */
export function countProcesses(journal: Journal, { run, start, first, last }: Run): number {
  if (start.cause !== "guest" || start.digest !== "") return 0;
  for (const event of journal.query({ run, kinds, first, last, order: "reverse" }))
    if (event.kind === "process") return event.number;
  return 0;
}

/** Counts processes by the names of their programs, the most frequent first; those that were gone have none. */
export function programsOf(
  processes: readonly ProcessFact[],
): readonly (readonly [string, number])[] {
  const counts = new Map<string, number>();
  for (const { args, executable, pid } of processes) {
    if (pid === personsPid) continue;
    const path = executable ?? args[0];
    if (path === undefined) continue;
    const name = path.slice(path.lastIndexOf("/") + 1);
    counts.set(name, (counts.get(name) ?? 0) + 1);
  }
  return [...counts].sort(([, one], [, other]) => other - one);
}

/** The word for a person who changed something within a run, in the place of a program's name. */
const person = "person";

/** Returns a command line as one text; of a process that was gone before it could be asked, its number in the system. */
export function commandOf({ args, pid }: ProcessFact): string {
  if (pid === personsPid) return `${person}: ${args.join(" ")}`;
  return args.length === 0 ? `pid ${pid}` : args.join(" ");
}

/** Returns the program, which may have told a title with spaces, and the arguments that have none. */
function plainWords(process: ProcessFact): string {
  const [program, ...rest] = process.args;
  if (process.pid === personsPid) return [person, ...rest].join(" ");
  if (program === undefined) return commandOf(process);
  return [program, ...rest.filter((word) => !/\s/u.test(word))].join(" ");
}

/** Returns a few words by which a person knows a process: the program's name, and what comes first after it. */
export function processWords(process: ProcessFact, most = 24): string {
  const [given = "", ...rest] = process.args;
  const program = process.pid === personsPid ? person : given;
  if (program === "") return commandOf(process);
  const text = [program.slice(program.lastIndexOf("/") + 1), ...rest].join(" ");
  return text.length > most ? `${text.slice(0, most - 1)}…` : text;
}
