import type { Ino } from "../../journal/index.ts";
import { type Directory, type Tree, entriesIn, inodeOf } from "../fs/index.ts";
import type { Change } from "../history/index.ts";
import type { Remark } from "./changes.ts";
import { deceives, lookOf } from "./look-alike.ts";

/** Bounds the older names of one directory that are compared. */
const mostNames = 10_000;
/** Excludes short names, which often look alike. */
const fewestCharacters = 5;

/** Finds new names that can be taken for others, by themselves or beside older ones. */
export class LookAlikes {
  readonly #tree: Tree;
  /** Maps a directory to its older names by their look. */
  readonly #looks = new Map<number, ReadonlyMap<string, string>>();
  readonly #new: ReadonlySet<string>;

  constructor(tree: Tree, changes: readonly Change[]) {
    this.#tree = tree;
    this.#new = new Set(changes.filter(isNewName).map(({ path }) => path));
  }

  remarkOn(change: Change): Remark | undefined {
    const { path, after } = change;
    if (after === undefined || !this.#new.has(path)) return undefined;
    const name = path.slice(path.lastIndexOf("/") + 1);
    const reason = deceives(name) ?? this.#besideAnother(path, name, after.names[0]?.parent);
    if (reason === undefined) return undefined;
    return { rule: "look-alike", level: "medium", path, reason, rank: 0, ino: after.ino };
  }

  #besideAnother(path: string, name: string, parent: Ino | undefined): string | undefined {
    const directory = parent === undefined ? undefined : inodeOf(this.#tree, parent);
    if (directory?.type !== "directory" || name.length < fewestCharacters) return undefined;
    const above = path.slice(0, path.length - name.length);
    let looks = this.#looks.get(directory.ino);
    if (looks === undefined) {
      looks = this.#looksIn(directory, above);
      this.#looks.set(directory.ino, looks);
    }
    const other = looks.get(lookOf(name));
    return other === undefined || other === name ? undefined : "its name looks like another there";
  }

  #looksIn(directory: Directory, above: string): ReadonlyMap<string, string> {
    const looks = new Map<string, string>();
    let left = mostNames;
    for (const [name] of entriesIn(directory.entries)) {
      if (left === 0) break;
      if (this.#new.has(above + name)) continue;
      left -= 1;
      looks.set(lookOf(name), name);
    }
    return looks;
  }
}

function isNewName({ change }: Change): boolean {
  return change === "added" || change === "renamed";
}
