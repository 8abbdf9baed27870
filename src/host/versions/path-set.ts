/** Holds paths of a folder, each with everything below it; "" is the folder. Answers in time that follows a path's depth. */
export class PathSet {
  readonly #tops: ReadonlySet<string>;
  /** All directories above the paths. */
  readonly #above = new Set<string>();

  constructor(paths: readonly string[]) {
    this.#tops = new Set(paths);
    for (const path of paths)
      for (let at = path; at !== "";) {
        at = directoryOf(at);
        if (this.#above.has(at)) break;
        this.#above.add(at);
      }
  }

  /** Tells if a path is one of these, or lies below one. */
  has(path: string): boolean {
    for (let at = path; ; at = directoryOf(at)) {
      if (this.#tops.has(at)) return true;
      if (at === "") return false;
    }
  }

  /** Tells if a path is one of these. */
  hasItself(path: string): boolean {
    return this.#tops.has(path);
  }

  /** Tells if one of these lies below a path, which is not itself. */
  isBelow(path: string): boolean {
    return this.#above.has(path);
  }

  /** Tells if a path, or something below it, is of these, or lies below one. */
  touches(path: string): boolean {
    return this.isBelow(path) || this.has(path);
  }
}

function directoryOf(path: string): string {
  return path.slice(0, Math.max(path.lastIndexOf("/"), 0));
}
