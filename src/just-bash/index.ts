// `rewindfs/just-bash`: a journal's filesystem for the shells of just-bash, whose every change is then an event.
import "../node-needed.ts";
import type { Stats } from "node:fs";
import { posix } from "node:path";
import type { ByteString, FsStat, IFileSystem } from "just-bash";
import type { History, OpenFileSystem, Revision } from "../index.ts";
import { type JournalFs, liveFs, pastFs } from "../node-fs/index.ts";

/**
 * Returns the filesystem that a `Bash` of just-bash works on, as its option `fs`. Each change is an event before the
 * shell goes on. A command line is one run where it is called within `files.run`; else each call of it is a run.
 *
 * As a shell of just-bash expects, missing folders above a new file are made, and paths never lead above the root.
 */
export function liveBashFs(files: OpenFileSystem): BashFs {
  return new BashFs(liveFs(files), (name, act) => files.within(name, () => act()));
}

/** Returns a past state as a filesystem for just-bash; changes are refused with EROFS. Throws RevisionError. */
export function pastBashFs(source: History | OpenFileSystem, revision: Revision = "@"): BashFs {
  return new BashFs(pastFs(source, revision), (_, act) => act());
}

/** Makes the changes of one call one run. */
type AsOne = (name: string, act: () => void) => void;

/** `IFileSystem` of just-bash on a journal. */
export class BashFs implements IFileSystem {
  readonly #fs: JournalFs;
  readonly #asOne: AsOne;

  /** @internal */
  constructor(fs: JournalFs, asOne: AsOne) {
    this.#fs = fs;
    this.#asOne = asOne;
  }

  async readFile(path: string, options?: ReadOptions): Promise<string> {
    return textOf(this.#read(path), encodingOf(options));
  }

  async readFileBytes(path: string): Promise<ByteString> {
    // A text whose characters are the bytes: just-bash gives no function that makes one.
    return this.#read(path).toString("latin1") as unknown as ByteString;
  }

  async readFileBuffer(path: string): Promise<Uint8Array> {
    return new Uint8Array(this.#read(path));
  }

  async writeFile(path: string, content: Content, options?: WriteOptions): Promise<void> {
    this.writeFileSync(path, content, options);
  }

  async appendFile(path: string, content: Content, options?: WriteOptions): Promise<void> {
    this.#into("append", path, (target) =>
      this.#fs.appendFileSync(target, bytesOf(content, encodingOf(options))),
    );
  }

  async exists(path: string): Promise<boolean> {
    return !path.includes("\0") && this.#fs.existsSync(plain(path));
  }

  async stat(path: string): Promise<FsStat> {
    return factsOf(this.#fs.statSync(pathIn(path, "stat")));
  }

  async lstat(path: string): Promise<FsStat> {
    return factsOf(this.#fs.lstatSync(pathIn(path, "lstat")));
  }

  async mkdir(path: string, options?: { recursive?: boolean }): Promise<void> {
    this.mkdirSync(path, options);
  }

  async readdir(path: string): Promise<string[]> {
    return this.#fs.readdirSync(pathIn(path, "scandir"));
  }

  async readdirWithFileTypes(
    path: string,
  ): ReturnType<NonNullable<IFileSystem["readdirWithFileTypes"]>> {
    const entries = this.#fs.readdirSync(pathIn(path, "scandir"), { withFileTypes: true });
    return entries.map((entry) => ({
      name: entry.name,
      isFile: entry.isFile(),
      isDirectory: entry.isDirectory(),
      isSymbolicLink: entry.isSymbolicLink(),
    }));
  }

  async rm(path: string, options: { recursive?: boolean; force?: boolean } = {}): Promise<void> {
    const target = pathIn(path, "rm");
    // An empty directory needs no "recursive" here.
    const isDirectory = this.#fs.lstatSync(target, { throwIfNoEntry: false })?.isDirectory();
    if (isDirectory === true && options.recursive !== true) this.#fs.rmdirSync(target);
    else this.#fs.rmSync(target, options);
  }

  async cp(src: string, dest: string, options: { recursive?: boolean } = {}): Promise<void> {
    const source = pathIn(src, "cp");
    this.#into("cp", dest, (target) => {
      requireApart("copy", source, target);
      this.#fs.cpSync(source, target, { ...options, verbatimSymlinks: true });
    });
  }

  async mv(src: string, dest: string): Promise<void> {
    const source = pathIn(src, "mv");
    this.#into("mv", dest, (target) => {
      requireApart("move", source, target);
      this.#fs.renameSync(source, target);
    });
  }

  resolvePath(base: string, path: string): string {
    return posix.resolve("/", base, path);
  }

  getAllPaths(): string[] {
    const paths: string[] = [];
    const rest = ["/"];
    for (let at = rest.pop(); at !== undefined; at = rest.pop()) {
      paths.push(at);
      for (const entry of this.#fs.readdirSync(at, { withFileTypes: true })) {
        const path = posix.join(at, entry.name);
        if (entry.isDirectory()) rest.push(path);
        else paths.push(path);
      }
    }
    return paths;
  }

  async chmod(path: string, mode: number): Promise<void> {
    this.#fs.chmodSync(pathIn(path, "chmod"), mode);
  }

  async symlink(target: string, linkPath: string): Promise<void> {
    if (target.includes("\0")) refuseNul("symlink", target);
    this.#into("symlink", linkPath, (path) => this.#fs.symlinkSync(target, path));
  }

  async link(existingPath: string, newPath: string): Promise<void> {
    const existing = pathIn(existingPath, "link");
    this.#into("link", newPath, (path) => this.#fs.linkSync(existing, path));
  }

  async readlink(path: string): Promise<string> {
    return this.#fs.readlinkSync(pathIn(path, "readlink"));
  }

  async realpath(path: string): Promise<string> {
    return this.#fs.realpathSync(pathIn(path, "realpath"));
  }

  async utimes(path: string, atime: Date, mtime: Date): Promise<void> {
    this.#fs.utimesSync(pathIn(path, "utimes"), atime, mtime);
  }

  /** Makes a directory; a `Bash` makes its usual ones with this when it begins. */
  mkdirSync(path: string, options: { recursive?: boolean } = {}): void {
    this.#fs.mkdirSync(pathIn(path, "mkdir"), options);
  }

  /** Writes a file; a `Bash` makes its devices with this when it begins. */
  writeFileSync(path: string, content: Content, options?: WriteOptions): void {
    this.#into("open", path, (target) =>
      this.#fs.writeFileSync(target, bytesOf(content, encodingOf(options))),
    );
  }

  #read(path: string): Buffer {
    return this.#fs.readFileSync(pathIn(path, "open"));
  }

  /** Makes something at a path, and the directories above it that are missing. */
  #into(syscall: string, path: string, act: (path: string) => void): void {
    const target = pathIn(path, syscall);
    this.#asOne(`${syscall} ${target}`, () => {
      const above = posix.dirname(target);
      if (!this.#fs.existsSync(above)) this.#fs.mkdirSync(above, { recursive: true });
      act(target);
    });
  }
}

type ReadOptions = Parameters<IFileSystem["readFile"]>[1];
type WriteOptions = Parameters<IFileSystem["writeFile"]>[2];
type Content = string | Uint8Array;

/** Returns a path as just-bash means it: "." and ".." taken from the text, and never above the root. */
function pathIn(path: string, syscall: string): string {
  if (path.includes("\0")) refuseNul(syscall, path);
  return plain(path);
}

function plain(path: string): string {
  return posix.resolve("/", path);
}

function refuseNul(syscall: string, path: string): never {
  throw new Error(`ENOENT: path contains null byte, ${syscall} ${JSON.stringify(path)}`);
}

function requireApart(what: "copy" | "move", source: string, target: string): void {
  if (target.startsWith(source === "/" ? "/" : `${source}/`))
    throw new Error(`EINVAL: cannot ${what} '${source}' into itself, '${target}'`);
}

function encodingOf(options: ReadOptions | WriteOptions): BufferEncoding {
  const encoding = typeof options === "string" ? options : options?.encoding;
  return encoding === undefined || encoding === null ? "utf8" : encoding;
}

function bytesOf(content: Content, encoding: BufferEncoding): Uint8Array {
  return typeof content === "string" ? Buffer.from(content, encoding) : content;
}

function textOf(bytes: Buffer, encoding: BufferEncoding): string {
  return bytes.toString(encoding);
}

function factsOf(stats: Stats): FsStat {
  const { mode, size, mtime, ino } = stats;
  return {
    isFile: stats.isFile(),
    isDirectory: stats.isDirectory(),
    isSymbolicLink: stats.isSymbolicLink(),
    mode: mode & 0o7777,
    size,
    mtime,
    ino,
    identity: `rewindfs:${ino}`,
  };
}
