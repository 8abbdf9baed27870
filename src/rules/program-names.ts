import type { ProcessFact, ProcessNumber } from "../../journal/index.ts";

/** Knows by which names rules can call the processes of a program. */
export class ProgramNames {
  readonly #of = new Map<ProcessNumber, readonly string[]>();

  readonly #commands = new Map<ProcessNumber, string>();

  /** Takes note of a process when it is first heard of, after the one that started it. */
  add({ number, executable, args, startedBy }: Omit<ProcessFact, "kind">): void {
    const own = executable === undefined ? "" : nameIn(executable);
    const script = args.slice(0, 2).filter((word) => word !== "" && !word.startsWith("-"));
    const above = startedBy === undefined ? [] : this.of(startedBy);
    const names = new Set([own, ...script.map(nameIn), ...above]);
    this.#of.set(number, [...names].slice(0, mostNames));
    this.#commands.set(number, args.join(" ").slice(0, mostCommand));
  }

  /** Returns the beginning of a process's command line. */
  commandOf(number: ProcessNumber | undefined): string | undefined {
    return number === undefined ? undefined : this.#commands.get(number);
  }

  /** Returns its executable's name first ("" if that is not known), then those it gives itself and those above it. */
  of(number: ProcessNumber | undefined): readonly string[] {
    return (number === undefined ? undefined : this.#of.get(number)) ?? [];
  }
}

/** The longest command line that is kept. */
const mostCommand = 1_000;
/** The most names of one process with all that started it. */
const mostNames = 64;

function nameIn(path: string): string {
  return path.slice(path.lastIndexOf("/") + 1);
}
