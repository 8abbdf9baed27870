import { type Dirent, constants } from "node:fs";
import { posix } from "node:path";
import { FsError, type Inode, isSpecial, isWithin } from "../fs/index.ts";
import { pathMatcher, readdir } from "../history/index.ts";
import {
  type EncodingOption,
  inEncoding,
  optionsOf,
  pathOf,
  refuse,
  requireSwitch,
  switchesOf,
  wholeNumber,
} from "./arguments.ts";
import { FileCalls } from "./file-calls.ts";
import { inodeAt, locate, withoutSlashes } from "./locate.ts";
import { direntOf } from "./statistics.ts";
import { asSystemCall, refusing } from "./error.ts";
import { Directory } from "./directory.ts";

interface ReaddirOptions extends EncodingOption {
  readonly withFileTypes?: boolean;
  readonly recursive?: boolean;
}

interface CopyOptions {
  readonly recursive?: boolean;
  readonly force?: boolean;
  readonly errorOnExist?: boolean;
  readonly dereference?: boolean;
  readonly preserveTimestamps?: boolean;
  readonly verbatimSymlinks?: boolean;
  readonly mode?: number;
  readonly filter?: (source: string, destination: string) => unknown;
}

/** The calls on directories and all below them. */
export class TreeCalls extends FileCalls {
  readdir(path: unknown, options?: unknown): (string | Buffer | Dirent)[] {
    const asked = optionsOf<ReaddirOptions>(options);
    const base = pathOf(path);
    const found: (string | Buffer | Dirent)[] = [];
    // The directories to come, those of one depth after another, as Node.js lists them.
    const rest = [""];
    for (let below = rest.shift(); below !== undefined; below = rest.shift()) {
      const at = joined(base, below);
      for (const { name, inode } of this.#entries("scandir", at)) {
        const there = below === "" ? name : `${below}/${name}`;
        found.push(
          asked.withFileTypes === true
            ? direntOf(inEncoding(name, asked), inode, at)
            : inEncoding(there, asked),
        );
        if (asked.recursive === true && inode.type === "directory") rest.push(there);
      }
    }
    return found;
  }

  opendir(path: unknown, options?: unknown): Directory {
    const text = pathOf(path);
    const asked = optionsOf<ReaddirOptions>(options);
    // Named as the call of the system is, like everything that `node:fs` throws here.
    this.#entries("opendir", text);
    const { encoding = null, recursive = false } = asked;
    const entries = this.readdir(text, { encoding, recursive, withFileTypes: true });
    return new Directory(text, entries as Dirent[]);
  }

  rm(path: unknown, options?: unknown): void {
    const text = pathOf(path);
    const { recursive = false, force = false } = switchesOf<{
      readonly recursive?: boolean;
      readonly force?: boolean;
    }>(options ?? {}, ["recursive", "force"]);
    const found = asSystemCall("lstat", text, () => {
      try {
        return inodeAt(this.volume.tree(), text, "keep");
      } catch (error) {
        if (force && error instanceof FsError && error.code === "no-entry") return undefined;
        throw error;
      }
    });
    if (found === undefined) return;
    if (found.type === "directory" && !recursive)
      throw Object.assign(
        new Error(`Path is a directory: rm returned EISDIR (is a directory) ${text}`),
        { name: "SystemError", code: "ERR_FS_EISDIR", errno: 21, syscall: "rm", path: text },
      );
    this.change("rm", text, undefined, () => this.#remove(text, found));
  }

  cp(src: unknown, dest: unknown, given: unknown = {}): void {
    const [from, to] = [pathOf(src, "src"), pathOf(dest, "dest")];
    const options = copyOptionsOf(given);
    this.change("cp", from, to, () => this.#copy(from, to, options));
  }

  /** The same with a filter that may answer by a promise: it is asked about everything before anything is copied. */
  async copyAsked(src: unknown, dest: unknown, given: unknown = {}): Promise<void> {
    const { filter, ...options } = copyOptionsOf(given);
    const there = this.#there(pathOf(dest, "dest"));
    if (there?.type === "directory") this.#mayReplace(String(dest), options);
    if (filter === undefined) return this.cp(src, dest, options);
    const passed = new Set<string>();
    const link = options.dereference === true ? "follow" : "keep";
    const rest = [[pathOf(src, "src"), pathOf(dest, "dest")] as const];
    for (let next = rest.pop(); next !== undefined; next = rest.pop()) {
      const [from, to] = next;
      if (!(await filter(from, to))) continue;
      passed.add(from);
      const source = this.inode("lstat", from, link);
      if (source.type !== "directory" || options.recursive !== true) continue;
      for (const { name } of readdir(this.volume.tree(), source))
        rest.push([joined(from, name), joined(to, name)]);
    }
    this.cp(src, dest, { ...options, filter: (from: string) => passed.has(from) });
  }

  /** Returns the paths that a glob fits, below `cwd`. Throws GlobError. */
  glob(pattern: unknown, options: GlobOptions = {}): (string | Dirent)[] {
    const patterns = (Array.isArray(pattern) ? pattern : [pattern]).map((one) => {
      // "." is where the search begins, in whatever place of a pattern.
      const glob = pathOf(one, "pattern").replaceAll(/(?<=^|\/)\.\/+/g, "");
      return {
        isAbsolute: glob.startsWith("/"),
        fits: pathMatcher(glob),
        slash: glob.endsWith("/"),
      };
    });
    const base = pathOf(options.cwd ?? "/", "cwd");
    const excluded = excludes(options.exclude, options.withFileTypes === true);
    const found: (string | Dirent)[] = [];
    // As Node.js has it, nothing is found where there is nothing.
    const rest = this.stat(base, { throwIfNoEntry: false }) === undefined ? [] : [""];
    for (let below = rest.pop(); below !== undefined; below = rest.pop()) {
      const at = joined(base, below);
      for (const { name, inode } of this.#entries("scandir", at)) {
        const there = below === "" ? name : `${below}/${name}`;
        const entry = direntOf(name, inode, at);
        if (excluded(there, entry)) continue;
        const isWanted = patterns.some(
          ({ isAbsolute, fits, slash }) =>
            (!slash || inode.type === "directory") &&
            fits(isAbsolute ? joined(base, there) : there),
        );
        if (isWanted) found.push(options.withFileTypes === true ? entry : there);
        if (inode.type === "directory") rest.push(there);
      }
    }
    return found;
  }

  #entries(syscall: string, path: string): readonly { name: string; inode: Inode }[] {
    const inode = this.inode(syscall, path, "follow");
    if (inode.type !== "directory") return refuse("ENOTDIR", syscall, path);
    refusing(syscall, path, undefined, () => this.volume.requireReadable(inode.ino));
    return readdir(this.volume.tree(), inode);
  }

  #remove(path: string, inode: Inode): void {
    // The rest, the next one last; a directory stands there again when all that it held is gone.
    const rest = [{ path, inode, isEmpty: false }];
    for (let next = rest.pop(); next !== undefined; next = rest.pop()) {
      if (next.inode.type !== "directory") this.unlink(next.path);
      else if (next.isEmpty) this.rmdir(next.path);
      else {
        rest.push({ ...next, isEmpty: true });
        for (const entry of readdir(this.volume.tree(), next.inode))
          rest.push({
            path: joined(next.path, entry.name),
            inode: entry.inode,
            isEmpty: false,
          });
      }
    }
  }

  #copy(from: string, to: string, options: CopyOptions): void {
    if (options.filter !== undefined && !passes(options.filter(from, to))) return;
    const source = this.inode("lstat", from, options.dereference === true ? "follow" : "keep");
    this.#requireFit(from, to, source);
    if (source.type === "directory") this.#copyDirectory(from, to, source, options);
    else if (source.type === "symlink") this.#copyLink(from, to, source.target, options);
    else this.#copyOneFile(from, to, options);
    if (options.preserveTimestamps === true && source.type === "file") {
      const { atime, mtime } = source;
      this.change("utime", to, undefined, (perform) =>
        perform({ kind: "set-times", ino: this.inode("utime", to, "follow").ino, atime, mtime }),
      );
    }
  }

  #copyDirectory(
    from: string,
    to: string,
    source: Extract<Inode, { type: "directory" }>,
    options: CopyOptions,
  ): void {
    if (options.recursive !== true)
      throw copyError(
        "ERR_FS_EISDIR",
        "Recursive option not enabled, cannot copy a directory",
        from,
      );
    const target = this.#there(to);
    if (target === undefined)
      this.mkdir(to, {
        recursive: true,
        ...(source.mode === undefined ? {} : { mode: source.mode }),
      });
    for (const { name } of readdir(this.volume.tree(), source))
      this.#copy(joined(from, name), joined(to, name), options);
  }

  #copyLink(from: string, to: string, target: string, options: CopyOptions): void {
    const there = this.#there(to);
    // Without `verbatimSymlinks` Node.js makes relative targets absolute.
    const isKept = options.verbatimSymlinks === true || target.startsWith("/");
    const written = isKept ? target : posix.resolve("/", from, "..", target);
    if (there?.type === "symlink") {
      const theirs = posix.resolve("/", to, "..", there.target);
      const ours = posix.resolve("/", from, "..", target);
      if (this.#isDirectory(from)) requireApart(ours, theirs, to);
      this.unlink(to);
    }
    this.symlink(written, to);
  }

  #copyOneFile(from: string, to: string, options: CopyOptions): void {
    const there = this.#there(to);
    if (there !== undefined && !this.#mayReplace(to, options)) return;
    if (there === undefined) this.#mkdirAbove(to);
    else this.unlink(to);
    this.copyFile(from, to, (options.mode ?? 0) & ~constants.COPYFILE_EXCL);
  }

  /** Requires what is copied to fit where it goes, in the order in which Node.js looks. */
  #requireFit(from: string, to: string, source: Inode): void {
    const there = this.#there(to);
    const isDirectory = source.type === "directory";
    if (there !== undefined && there.ino === source.ino)
      throw copyError("ERR_FS_CP_EINVAL", "src and dest cannot be the same", to);
    if (isDirectory && there !== undefined && there.type !== "directory")
      throw copyError(
        "ERR_FS_CP_DIR_TO_NON_DIR",
        `cannot overwrite non-directory ${to} with directory ${from}`,
        to,
      );
    if (!isDirectory && there?.type === "directory")
      throw copyError(
        "ERR_FS_CP_NON_DIR_TO_DIR",
        `cannot overwrite directory ${to} with non-directory ${from}`,
        to,
      );
    const above = isDirectory ? this.#nearest(to) : undefined;
    if (above !== undefined && isWithin(this.volume.tree(), above, source.ino))
      throw copyError("ERR_FS_CP_EINVAL", `cannot copy ${from} to a subdirectory of self`, to);
    if (isSpecial(source))
      throw copyError(
        source.type === "socket" ? "ERR_FS_CP_SOCKET" : "ERR_FS_CP_FIFO_PIPE",
        `cannot copy a ${source.type}`,
        to,
      );
  }

  /** Returns the directory that a path would be made below: the nearest one above it that is there. */
  #nearest(path: string): Inode["ino"] | undefined {
    const above = posix.dirname(withoutSlashes(path));
    try {
      return locate(this.volume.tree(), above, "follow").inode?.ino ?? this.#nearest(above);
    } catch {
      return above === "/" || above === "." ? undefined : this.#nearest(above);
    }
  }

  #isDirectory(path: string): boolean {
    return (
      this.stat(path, { throwIfNoEntry: false }) !== undefined &&
      this.inode("stat", path, "follow").type === "directory"
    );
  }

  #mayReplace(to: string, { force = true, errorOnExist = false }: CopyOptions): boolean {
    if (force) return true;
    if (errorOnExist) throw copyError("ERR_FS_CP_EEXIST", "Target already exists", to);
    return false;
  }

  #mkdirAbove(path: string): void {
    const above = path.slice(0, Math.max(0, withoutSlashes(path).lastIndexOf("/")));
    if (above !== "") this.mkdir(above, { recursive: true });
  }

  #there(path: string): Inode | undefined {
    try {
      return locate(this.volume.tree(), path, "keep").inode;
    } catch {
      return undefined;
    }
  }
}

export interface GlobOptions {
  readonly cwd?: unknown;
  readonly withFileTypes?: boolean;
  readonly exclude?: ((entry: never) => boolean) | readonly string[];
}

function excludes(
  exclude: GlobOptions["exclude"],
  withTypes: boolean,
): (path: string, entry: Dirent) => boolean {
  if (exclude === undefined) return () => false;
  if (typeof exclude === "function")
    return (path, entry) => (exclude as (one: unknown) => boolean)(withTypes ? entry : path);
  // All below a directory is not that directory here.
  const tests = exclude.map((one) => pathMatcher(one.replace(/(?<=^|\/)\*\*$/, "**/*")));
  return (path) => tests.some((fits) => fits(path));
}

const copySwitches = [
  "recursive",
  "force",
  "errorOnExist",
  "dereference",
  "preserveTimestamps",
  "verbatimSymlinks",
] as const;

/** A filter answers now: a promise would always pass. */
function passes(answer: unknown): boolean {
  if (answer instanceof Promise)
    throw Object.assign(
      new TypeError("Expected a boolean to be returned from the filter function"),
      {
        code: "ERR_INVALID_RETURN_VALUE",
      },
    );
  return Boolean(answer);
}

function joined(above: string, name: string): string {
  if (name === "") return above;
  return above.endsWith("/") ? `${above}${name}` : `${above}/${name}`;
}

/** Requires a link that is copied, and the one in its place, to lead to directories apart, as Node.js does. */
function requireApart(ours: string, theirs: string, to: string): void {
  if (isBelow(ours, theirs))
    throw copyError("ERR_FS_CP_EINVAL", `cannot copy ${ours} to a subdirectory of self`, to);
  if (isBelow(theirs, ours))
    throw copyError(
      "ERR_FS_CP_SYMLINK_TO_SUBDIRECTORY",
      `cannot overwrite ${theirs} with ${ours}`,
      to,
    );
}

function isBelow(top: string, path: string): boolean {
  return path === top || path.startsWith(top === "/" ? "/" : `${top}/`);
}

/** Returns the options of a copy. Throws what Node.js throws at once. */
export function copyOptionsOf(given: unknown): CopyOptions {
  const options = switchesOf<CopyOptions>(given === undefined ? {} : given, copySwitches);
  for (const name of copySwitches)
    if (Object.hasOwn(options, name)) requireSwitch(options[name], `options.${name}`);
  if (options.mode !== undefined) wholeNumber(options.mode, "mode", 7);
  if (options.dereference === true && options.verbatimSymlinks === true)
    throw Object.assign(
      new TypeError(
        'Option "dereference" cannot be used in combination with option "verbatimSymlinks"',
      ),
      { code: "ERR_INCOMPATIBLE_OPTION_PAIR" },
    );
  return options;
}

function copyError(code: string, message: string, path: string): Error {
  return Object.assign(new Error(`${message}: ${path}`), {
    name: "SystemError",
    code,
    syscall: "cp",
    path,
  });
}
