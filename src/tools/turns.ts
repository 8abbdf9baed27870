import type { OpenFileSystem } from "../index.ts";
import { turnNumber } from "../text/index.ts";

/** Most turns of clients whose numbers are kept. */
const mostKept = 1_000;

/** Numbers the turns of all clients of a journal, 1, 2, 3… as they come, so that a person can name one. */
export class Turns {
  #last: number | undefined;
  readonly #numbers = new Map<string, number>();

  /** Returns the number of a new turn. */
  begin(files: OpenFileSystem): number {
    this.#last ??= files.journal
      .runs()
      .reduce((most, { start }) => Math.max(most, turnNumber(start.labels?.get("turn"))), 0);
    this.#last += 1;
    return this.#last;
  }

  /** Returns the number of a turn that its client has a name of its own for. */
  numberOf(files: OpenFileSystem, name: string): number {
    const known = this.#numbers.get(name) ?? recorded(files, name) ?? this.begin(files);
    this.#numbers.delete(name);
    this.#numbers.set(name, known);
    const [oldest] = this.#numbers.keys();
    if (this.#numbers.size > mostKept && oldest !== undefined) this.#numbers.delete(oldest);
    return known;
  }
}

/** The label that keeps the name which a client has for a turn. */
export const turnName = "turn-id";

function recorded({ journal }: OpenFileSystem, name: string): number | undefined {
  const run = journal.runs().findLast(({ start }) => start.labels?.get(turnName) === name);
  const number = turnNumber(run?.start.labels?.get("turn"));
  return number === 0 ? undefined : number;
}
