import { type Ino, type Name, rootIno } from "../../journal/index.ts";
import { type Tree, inodeOf, pathIn, pathOf } from "../fs/index.ts";
import { foldName } from "./fold.ts";
import { PathIndex, type Reached } from "./path-index.ts";
import type { Rule } from "./rule.ts";

/** The rules of a policy whose globs fit a path. */
export interface Fit {
  /** Rules that allow: their globs are compared letter by letter. */
  readonly exact: Reached;
  /** All other rules: their globs are compared with folded names (`fold`). */
  readonly folded: Reached;
}

/** Most directories whose fit is kept. */
const mostKept = 8_192;

/** Finds the rules whose globs fit a path. Keeps what it found for directories, as calls come in groups. */
export class Fits {
  readonly #exact: PathIndex;
  readonly #folded: PathIndex;
  readonly root: Fit;
  /** The fits of directories, by their paths. */
  readonly #kept = new Map<string, Fit>();
  /** The path, and the directory, that were asked for last: calls in a row are often about the same one. */
  #lastPath = "";
  #last: Fit;
  #lastFolder = "";
  #above: Fit;

  constructor(rules: readonly Rule[]) {
    const globs = (isAllow: boolean) =>
      rules.flatMap(({ action, paths = [] }, index) =>
        (action === "allow") === isAllow ? paths.map((glob) => [index, glob] as const) : [],
      );
    this.#exact = new PathIndex(globs(true), (name) => name);
    this.#folded = new PathIndex(globs(false), foldName);
    this.root = { exact: this.#exact.root, folded: this.#folded.root };
    this.#last = this.root;
    this.#above = this.root;
  }

  step(fit: Fit, name: string): Fit {
    const { exact, folded } = fit;
    const next = this.#folded.step(folded, name);
    const nextExact = exact.nodes.length === 0 ? exact : this.#exact.step(exact, name);
    return next === folded && nextExact === exact ? fit : { exact: nextExact, folded: next };
  }

  /** Returns the fit of a path that the tree gave for an entry, or for an inode by its first name. */
  ofPath(
    tree: Tree,
    path: string,
    at: { readonly parent: Ino; readonly name: Name } | undefined,
  ): Fit {
    // A path that was too long to be written out has lost its beginning.
    return path.startsWith("…") ? this.#ofEntry(tree, at) : this.#of(path);
  }

  /** Returns the fit of an inode's path by one of its names, and of its last path if it has none. */
  ofLink(tree: Tree, parent: Ino, name: Name): Fit {
    return this.ofPath(tree, pathIn(tree, parent, name), { parent, name });
  }

  ofInode(tree: Tree, ino: Ino): Fit {
    return this.ofPath(tree, pathOf(tree, ino), inodeOf(tree, ino)?.names[0]);
  }

  #of(path: string): Fit {
    if (path === this.#lastPath) return this.#last;
    const slash = path.lastIndexOf("/");
    const name = path.slice(slash + 1);
    const above = slash <= 0 ? this.root : this.#ofFolder(path, slash);
    this.#last = name === "" ? above : this.step(above, name);
    this.#lastPath = path;
    return this.#last;
  }

  /** Returns the fit of the directory before a slash. */
  #ofFolder(path: string, slash: number): Fit {
    const { length } = this.#lastFolder;
    if (slash === length && path.startsWith(this.#lastFolder)) return this.#above;
    const folder = path.slice(0, slash);
    let fit = this.#kept.get(folder);
    if (fit === undefined) {
      const before = folder.lastIndexOf("/");
      const above = before <= 0 ? this.root : this.#ofFolder(folder, before);
      fit = this.step(above, folder.slice(before + 1));
      if (this.#kept.size >= mostKept) this.#kept.clear();
      this.#kept.set(folder, fit);
    }
    [this.#lastFolder, this.#above] = [folder, fit];
    return fit;
  }

  #ofEntry(tree: Tree, link: { readonly parent: Ino; readonly name: Name } | undefined): Fit {
    const names: string[] = [];
    for (
      let at = link;
      at !== undefined;
      at = at.parent === rootIno ? undefined : inodeOf(tree, at.parent)?.names[0]
    )
      names.push(at.name);
    return names.reduceRight((fit, name) => this.step(fit, name), this.root);
  }
}
