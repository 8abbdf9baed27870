import type { Event, Journal, Kind, Run } from "../../journal/index.ts";
import type { Finding } from "./finding.ts";

/** Programs whose first word beside options is a program: what others get is data. By name, whatever the version. */
const interpreters =
  /^(?:(?:ba|da|z|k|mk|fi|tc|c|a|pw)?sh|busybox|ld-.*\.so.*|(?:py(?:thon|py)|perl|ruby|lua|luajit|php|tclsh|guile|node|m?awk|gawk)[\d.]*|nodejs|bun|deno|java|julia|Rscript|osascript|dotnet|mono|wasmtime|wasmer)$/;

type ProcessEvent = Event & { readonly kind: "process" };

/** A folder of the host, and where its files are in the filesystem. */
interface Place {
  readonly host: string;
  readonly guest: string;
}

/** Selects events by which a run makes a file what it is. */
const making: ReadonlySet<Kind> = new Set<Kind>(["create", "write", "rename", "exchange", "link"]);
const mostFollowed = 1_000;

/** Follows the programs that a run starts, of which it may have written some. */
export class StartedPrograms {
  readonly #journal: Journal;
  readonly #run: Run;
  readonly #places: readonly Place[];
  readonly #seen = new Set<string>();
  readonly #found = new Map<string, ProcessEvent>();

  constructor(journal: Journal, run: Run, places: readonly Place[]) {
    this.#journal = journal;
    this.#run = run;
    this.#places = places;
  }

  /** Tells if there was more than can be followed. */
  get isFull(): boolean {
    return this.#seen.size >= mostFollowed;
  }

  /** Takes the run's next process: by the path of its program, or of the script that an interpreter got first. */
  add(event: ProcessEvent): void {
    for (const path of [event.executable, scriptOf(event)]) {
      if (path === undefined || this.#seen.has(path) || this.isFull) continue;
      this.#seen.add(path);
      const inside = this.#inside(path);
      if (inside !== undefined && this.#isWritten(inside, event)) this.#found.set(inside, event);
    }
  }

  /** Returns one remark on all of them: builds start what they have built every day. */
  rest(): Omit<Finding, "run"> | undefined {
    const [first] = this.#found;
    if (first === undefined) return undefined;
    const [path, event] = first;
    const more = this.#found.size === 1 ? "" : `, and ${this.#found.size - 1} more were`;
    const reason = `was written by the run that started it${more}`;
    return { rule: "own-program", level: "low", path, reason, seq: event.seq, rank: 0 };
  }

  /** Returns the path in the filesystem; what is relative is taken for relative to its root, where most programs start. */
  #inside(path: string): string | undefined {
    if (!path.startsWith("/")) return `/${path.replace(/^(?:\.\/)+/, "")}`;
    for (const { host, guest } of this.#places.toReversed())
      if (path.startsWith(`${host}/`))
        return `${guest === "/" ? "" : guest}${path.slice(host.length)}`;
    return undefined;
  }

  #isWritten(path: string, { seq: last }: ProcessEvent): boolean {
    const { run, first } = this.#run;
    const query = { run, first, last, paths: [path], kinds: making } as const;
    for (const event of this.#journal.query(query))
      if (event.kind !== "rename" || event.to === path) return true;
    return false;
  }
}

/** Returns the script that an interpreter got; undefined for any other program. */
function scriptOf({ executable, args }: ProcessEvent): string | undefined {
  const [called, ...rest] = args;
  const isInterpreter = [executable, called].some(
    (path) => path !== undefined && interpreters.test(path.slice(path.lastIndexOf("/") + 1)),
  );
  return isInterpreter ? rest.find((word) => !word.startsWith("-")) : undefined;
}
