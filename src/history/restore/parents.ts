import { type Ino, type Name, rootIno } from "../../../journal/index.ts";
import { type Tree, childOf, inodeOf } from "../../fs/index.ts";
import type { Goal } from "./goal.ts";
import { RestoreError } from "./restore-error.ts";
import type { Numbers } from "./numbers.ts";
import { namesIn } from "../diff/subtree.ts";

/** Finds the directories that restored paths go into, and makes missing ones again. */
export class Parents {
  readonly goals = new Map<Ino, Goal>();
  /** Paths of the directories that must be made again. */
  readonly made = new Set<string>();
  readonly #now: Tree;
  readonly #then: Tree;
  readonly #numbers: Numbers;
  readonly #known = new Map<string, Ino>();

  constructor(now: Tree, then: Tree, numbers: Numbers) {
    this.#now = now;
    this.#then = then;
    this.#numbers = numbers;
  }

  /** Returns the directory for `path`, which existed then. Throws RestoreError if something else is there now. */
  open(path: string): Ino {
    let here: Ino = rootIno;
    let there: Ino = rootIno;
    let at = "";
    for (const name of namesIn(path).slice(0, -1)) {
      at += `/${name}`;
      there = childOf(this.#then, there, name) ?? rootIno;
      here = this.#known.get(at) ?? this.#find(at, here, name) ?? this.#make(at, here, name, there);
    }
    return here;
  }

  #find(at: string, parent: Ino, name: Name): Ino | undefined {
    const ino = childOf(this.#now, parent, name);
    if (ino === undefined || inodeOf(this.#now, ino)?.type === "directory") return ino;
    throw new RestoreError("blocked", `${at} is no directory now`, {
      hint: `restore ${at} as a whole`,
    });
  }

  #make(at: string, parent: Ino, name: Name, there: Ino): Ino {
    const like = inodeOf(this.#then, there);
    if (like === undefined) throw new Error(`${at} was no directory`);
    const ino = inodeOf(this.#now, there) === undefined ? there : this.#numbers.take();
    this.goals.set(ino, { like, names: [{ parent, name }], times: "now" });
    this.#known.set(at, ino);
    this.made.add(at);
    return ino;
  }
}
