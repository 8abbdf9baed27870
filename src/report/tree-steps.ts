import { type Event, type Ino, movesOf } from "../../journal/index.ts";
import type { Tree } from "../fs/index.ts";
import { lookup, walk } from "../history/index.ts";
import { printableName } from "../text/index.ts";
import type { TreeData, TreeStep } from "./format/data.ts";
import { weightOf } from "./weight.ts";

/** Bounds the paths and the steps in a page, and their bytes. */
const mostSteps = 25_000;
const mostBytes = 700_000;
/** Bounds the paths that a page goes through to follow all renames of directories, each time that it shows a moment. */
const mostFollowed = 3_000_000;

/** Records what became of paths, from which a page makes the tree at each moment. */
export class TreeSteps {
  readonly #start: string[] = [];
  readonly #steps: TreeStep[] = [];
  #isWhole = true;
  #lastWritten = "";
  #room = mostBytes;
  readonly #directories = new Set<Ino>();
  #followed = 0;

  /** `start` is the state where the record begins. */
  constructor(start: Tree) {
    const root = lookup(start, "/");
    if (root === undefined) return;
    for (const { path, inode } of walk(start, root, "/")) {
      if (path === "/") continue;
      const name = inode.type === "directory" ? `${printableName(path)}/` : printableName(path);
      this.#room -= weightOf(name);
      if (this.#start.length === mostSteps || this.#room < 0) {
        this.#isWhole = false;
        return;
      }
      this.#start.push(name);
      if (inode.type === "directory") this.#directories.add(inode.ino);
    }
  }

  add(event: Event): void {
    for (const step of stepsOf(event)) this.#add(step, event);
  }

  #add(step: TreeStep, event: Event): void {
    // A file written again and again shows once.
    if (step[1] === "~" && step[2] === this.#lastWritten) return;
    this.#lastWritten = step[1] === "~" ? step[2] : "";
    if (!this.#isWhole) return;
    this.#room -= weightOf(step);
    if (event.kind === "mkdir") this.#directories.add(event.ino);
    if (movesOf(event).some(({ ino }) => this.#directories.has(ino)))
      this.#followed += this.#start.length + this.#steps.length;
    const hasRoom = this.#room >= 0 && this.#followed <= mostFollowed;
    if (this.#steps.length < mostSteps && hasRoom) this.#steps.push(step);
    else this.#isWhole = false;
  }

  /** Returns what was followed. */
  data(): TreeData {
    return { start: this.#start, steps: this.#steps, isWhole: this.#isWhole };
  }
}

function stepsOf(event: Event): readonly TreeStep[] {
  if (event.kind !== "exchange") return [stepOf(event)].filter((step) => step !== undefined);
  const { seq } = event;
  const [path, to] = [printableName(event.path), printableName(event.to)];
  // No path that is shown holds this character, and no moment is between the three.
  return [
    [seq, ">", path, "\0"],
    [seq, ">", to, path],
    [seq, ">", "\0", to],
  ];
}

function stepOf(event: Exclude<Event, { kind: "exchange" }>): TreeStep | undefined {
  const { seq } = event;
  switch (event.kind) {
    case "create":
    case "mknod":
    case "symlink":
    case "link":
      return [seq, "+", printableName(event.path)];
    case "mkdir":
      return [seq, "+", `${printableName(event.path)}/`];
    case "unlink":
      return [seq, "-", printableName(event.path)];
    case "rmdir":
      return [seq, "-", `${printableName(event.path)}/`];
    case "rename":
      return [seq, ">", printableName(event.path), printableName(event.to)];
    case "write":
    case "set-size":
    case "revert":
    case "set-mode":
    case "set-xattr":
    case "revert-xattr":
    case "remove-xattr":
      return [seq, "~", printableName(event.path)];
    case "process":
    case "decision":
    case "listing":
    case "fetch":
    case "set-times":
    case "run-start":
    case "run-end":
    case "mark":
    case "fail":
    case "read":
    case "open":
      return undefined;
  }
}
