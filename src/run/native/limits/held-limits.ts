import { type Limits, profiles } from "../../../fs/index.ts";
import { describeBytes } from "../../../text/index.ts";
import { ControlGroup } from "./control-group.ts";
import { childrenOf, countSeenBy } from "./processes.ts";

/** Milliseconds between two looks at how many processes there are. */
const lookMilliseconds = 250;
/** A program that goes on after so many refusals does nothing else. */
const mostRefused = 100;
/** Number of looks in turn with all processes there may be, where nobody counts refusals; not for small limits. */
const mostFull = 20;
const smallLimit = 64;

/** The border of the program, and the number of its user outside. */
interface Around {
  readonly border: "bubblewrap" | "none";
  readonly uid: number;
}

/**
 * The limits on memory and processes of a native program, held by control groups, or else by limits of each process as
 * far as these go. `memory` is held where it is not the usual one, which a build may well exceed.
 */
export class HeldLimits implements Disposable {
  readonly #limits: Limits;
  readonly #group: ControlGroup;
  readonly #around: Around;

  constructor(limits: Limits, around: Around) {
    const { processes, memory } = limits;
    const isAsked = memory !== profiles.default.memory && memory !== Infinity;
    this.#limits = { ...limits, memory: isAsked ? memory : Infinity };
    this.#around = around;
    this.#group = new ControlGroup({
      ...(processes === Infinity ? {} : { processes }),
      ...(isAsked ? { memory } : {}),
    });
  }

  /** Files into which the program's first process writes 0. */
  get joins(): readonly string[] {
    return this.#group.joins;
  }

  /** Commands of the shell that runs the program within its border. */
  get commands(): readonly string[] {
    const { processes, memory } = this.#limits;
    return [
      ...(this.#isCounted()
        ? [`ulimit -u ${processes} 2>/dev/null || ulimit -p ${processes} 2>/dev/null`]
        : []),
      ...(this.#isHeld("memory", memory) ? [] : [`ulimit -d ${Math.ceil(memory / 1024)}`]),
    ];
  }

  /** Says which limits are not held as they were meant, and which ones the program felt. */
  notes(): readonly string[] {
    const { processes, memory } = this.#limits;
    const { killed } = this.#group;
    const missing = "this user may make no control group (cgroup) here";
    const isFree = !this.#isHeld("processes", processes) && !this.#isCounted();
    return [
      ...(isFree ? [`the number of processes was not limited: ${missing}`] : []),
      ...(this.#isHeld("memory", memory)
        ? []
        : [`memory was limited for each process by itself: ${missing}`]),
      ...(killed > 0
        ? [`the kernel ended a process at the limit memory=${describeBytes(memory)}`]
        : []),
    ];
  }

  /** Looks again and again if the program still tries to start processes beyond its limit. Returns how to stop looking. */
  watch(pid: number | undefined, onTooMany: () => void): () => void {
    let full = 0;
    const timer = setInterval(() => {
      full = this.#isFull(pid) ? full + 1 : 0;
      if (this.#group.refused >= mostRefused || full >= mostFull) onTooMany();
    }, lookMilliseconds);
    return () => clearInterval(timer);
  }

  [Symbol.dispose](): void {
    this.#group[Symbol.dispose]();
  }

  #isHeld(resource: "memory" | "processes", amount: number): boolean {
    return amount === Infinity || this.#group.holds.has(resource);
  }

  /**
   * Tells if the kernel holds the number of processes by user: since Linux 5.14 it counts those of a namespace, but never
   * root's.
   */
  #isCounted(): boolean {
    const { processes } = this.#limits;
    const { border, uid } = this.#around;
    return border === "bubblewrap" && !this.#isHeld("processes", processes) && uid !== 0;
  }

  #isFull(pid: number | undefined): boolean {
    const { processes } = this.#limits;
    if (pid === undefined || processes < smallLimit || !this.#isCounted()) return false;
    // Below what was started stands the border, and below that the first process that the program sees.
    const [first] = childrenOf(pid).flatMap(childrenOf);
    return first !== undefined && countSeenBy(first) >= processes;
  }
}
