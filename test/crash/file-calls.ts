import { spawnSync } from "node:child_process";
import { closeSync, mkdtempSync, openSync, readFileSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { sidecars } from "./traced.ts";

/** A program's change to the files of a folder. `file` is a file itself, whatever its name. */
export type FileChange =
  | { readonly kind: "create"; readonly name: string; readonly file: number }
  | { readonly kind: "rename"; readonly name: string; readonly to: string }
  | { readonly kind: "remove"; readonly name: string }
  | { readonly kind: "write"; readonly file: number; readonly at: number; readonly bytes: Buffer }
  | { readonly kind: "size"; readonly file: number; readonly size: number }
  | { readonly kind: "sync"; readonly file: number }
  | { readonly kind: "sync-names" }
  | { readonly kind: "said"; readonly text: string };

/** A change, and the moments between which it was made: two threads may make changes at once. */
export type FileCall = FileChange & { readonly begun: number; readonly ended: number };

export interface Recorded {
  /** In order of their beginnings; the first ones make the files that existed before, all synced. */
  readonly calls: readonly FileCall[];
  /** The moment at which the program had ended. */
  readonly end: number;
  readonly exit: number | null;
  readonly stderr: string;
}

const traceable = [
  ["openat", "write", "pwrite64", "writev", "pwritev", "pwritev2", "ftruncate", "fallocate"],
  ["fsync", "fdatasync", "unlink", "unlinkat", "rename", "renameat", "renameat2", "link", "linkat"],
].flat();
/** A disk need not keep the memory map of SQLite. */
const kept = sidecars.filter((end) => end !== "-shm");
const mostBytes = 64 * 1024 * 1024;

/** Runs a Node program, and records its output and its changes to these files of a folder and the files beside them. */
export function recordCalls(
  folder: string,
  names: readonly string[],
  program: readonly string[],
): Recorded {
  const own = mkdtempSync(join(tmpdir(), "rewindfs-calls-"));
  const [log, said] = [join(own, "log"), join(own, "said")];
  const stdout = openSync(said, "w");
  try {
    const beside = names.flatMap((name) => kept.map((end) => join(folder, name + end)));
    const reading = new Reading(folder);
    const { stderr, status } = spawnSync(
      "strace",
      [
        ["-f", "--seccomp-bpf", "-qq", "-y", "-xx", "-s", String(mostBytes), "-o", log],
        [folder, said, ...beside].flatMap((path) => ["-P", path]),
        ["-e", `trace=${traceable.join(",")}`, process.execPath, ...program],
      ].flat(),
      { stdio: ["ignore", stdout, "pipe"], encoding: "utf8" },
    );
    const lines = readFileSync(log, "latin1").split("\n");
    const calls = [...reading.before, ...reading.calls(lines)];
    return { calls, end: lines.length, exit: status, stderr };
  } finally {
    closeSync(stdout);
    rmSync(own, { recursive: true });
  }
}

/** A call as strace prints it. */
interface Traced {
  readonly name: string;
  readonly args: string;
  readonly result: number;
  readonly begun: number;
  readonly ended: number;
}

/** Converts strace's output to changes, beginning with the folder's earlier contents. */
class Reading {
  readonly before: readonly FileCall[];
  readonly #folder: string;
  readonly #files = new Map<string, number>();
  /** Open files by descriptor. */
  readonly #open = new Map<number, number | "names" | "said">([[1, "said"]]);
  readonly #sizes = new Map<number, number>();
  #count = 0;

  constructor(folder: string) {
    this.#folder = folder;
    const changes = readdirSync(folder, { withFileTypes: true })
      .filter((entry) => entry.isFile() && !entry.name.endsWith("-shm"))
      .flatMap(({ name }): FileChange[] => {
        const create = this.#create(name);
        const bytes = readFileSync(join(folder, name));
        const { file } = create;
        this.#grow(file, bytes.length);
        return [create, { kind: "write", file, at: 0, bytes }, { kind: "sync", file }];
      });
    // Each before the next, and all before the first moment.
    this.before = [...changes, { kind: "sync-names" } as const].map((change, index, all) => {
      const at = index - all.length;
      return { ...change, begun: at, ended: at };
    });
  }

  calls(lines: readonly string[]): FileCall[] {
    return tracedCalls(lines).flatMap((call) =>
      this.#changes(call).map((change) => ({ ...change, begun: call.begun, ended: call.ended })),
    );
  }

  #changes({ name, args, result }: Traced): FileChange[] {
    const texts = textsIn(args);
    const numbers = args
      .slice(args.lastIndexOf('"') + 1)
      .split(",")
      .map(Number);
    const log = this.#logOf(args);
    const opened = log ?? this.#open.get(Number.parseInt(args));
    const bytes = (): Buffer => Buffer.concat(texts).subarray(0, result);
    switch (name) {
      case "openat":
        return this.#opens(String(texts[0]), args, result);
      case "write":
        if (opened === "said") return [{ kind: "said", text: bytes().toString("utf8") }];
        return this.#appends(log, bytes());
      case "writev":
        return this.#appends(log, bytes());
      case "pwrite64":
      case "pwritev": {
        const at = numbers.at(-1);
        if (typeof opened !== "number" || at === undefined) break;
        this.#grow(opened, at + result);
        return [{ kind: "write", file: opened, at, bytes: bytes() }];
      }
      case "ftruncate":
        if (typeof opened !== "number") break;
        this.#sizes.set(opened, Number(args.split(",").at(-1)));
        return [{ kind: "size", file: opened, size: Number(args.split(",").at(-1)) }];
      case "fsync":
      case "fdatasync":
        if (opened === "names") return [{ kind: "sync-names" }];
        if (typeof opened !== "number") break;
        return [{ kind: "sync", file: opened }];
      case "unlink": {
        const removed = this.#nameOf(String(texts[0]));
        this.#files.delete(removed);
        return [{ kind: "remove", name: removed }];
      }
      case "rename": {
        const [from, to] = [this.#nameOf(String(texts[0])), this.#nameOf(String(texts[1]))];
        const file = this.#files.get(from);
        if (file === undefined) break;
        this.#files.delete(from);
        this.#files.set(to, file);
        return [{ kind: "rename", name: from, to }];
      }
    }
    throw new Error(`a call that is not understood: ${name}(${args.slice(0, 200)}`);
  }

  /** Converts a guest process's write to its log: it goes to the log's present end. */
  #appends(log: number | undefined, bytes: Buffer): FileChange[] {
    if (log === undefined) throw new Error("bytes that are written to no place");
    const at = this.#sizes.get(log) ?? 0;
    this.#grow(log, at + bytes.length);
    return [{ kind: "write", file: log, at, bytes }];
  }

  #grow(file: number, size: number): void {
    this.#sizes.set(file, Math.max(this.#sizes.get(file) ?? 0, size));
  }

  /** Returns the log behind a descriptor: the guest's process and its keeper have different numbers for it. */
  #logOf(args: string): number | undefined {
    const path = /^\d+<([^>]*)>/
      .exec(args)?.[1]
      ?.replaceAll(/\\x(..)/g, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));
    const isLog = path?.startsWith(`${this.#folder}/`) === true && /-tail(-sync)?$/.test(path);
    return isLog ? this.#files.get(this.#nameOf(path)) : undefined;
  }

  #opens(path: string, args: string, fd: number): FileChange[] {
    if (path === this.#folder) {
      this.#open.set(fd, "names");
      return [];
    }
    const name = this.#nameOf(path);
    const known = this.#files.get(name);
    if (known === undefined) {
      const create = this.#create(name);
      this.#open.set(fd, create.file);
      return [create];
    }
    this.#open.set(fd, known);
    if (args.includes("O_TRUNC")) this.#sizes.set(known, 0);
    return args.includes("O_TRUNC") ? [{ kind: "size", file: known, size: 0 }] : [];
  }

  #create(name: string): FileChange & { kind: "create" } {
    const file = (this.#count += 1);
    this.#files.set(name, file);
    return { kind: "create", name, file };
  }

  #nameOf(path: string): string {
    const start = `${this.#folder}/`;
    if (!path.startsWith(start)) throw new Error(`${path} is not in ${this.#folder}`);
    return path.slice(start.length);
  }
}

/** Returns the calls that succeeded. A call interrupted by another thread's has two lines. */
function tracedCalls(lines: readonly string[]): Traced[] {
  const calls: Traced[] = [];
  const unfinished = new Map<string, { readonly text: string; readonly begun: number }>();
  for (const [moment, line] of lines.entries()) {
    const space = line.indexOf(" ");
    const thread = line.slice(0, space);
    let text = line.slice(space).trimStart();
    let begun = moment;
    if (text.endsWith("<unfinished ...>")) {
      unfinished.set(thread, { text: text.slice(0, -"<unfinished ...>".length), begun });
      continue;
    }
    if (text.startsWith("<... ")) {
      const start = unfinished.get(thread);
      if (start === undefined) throw new Error(`the end of no call: ${text.slice(0, 200)}`);
      ({ begun } = start);
      text = start.text + text.slice(text.indexOf("resumed>") + "resumed>".length);
    }
    const [open, equals] = [text.indexOf("("), text.lastIndexOf(" = ")];
    const result = Number.parseInt(text.slice(equals + " = ".length));
    if (open < 0 || equals < 0 || !(result >= 0)) continue;
    const args = text.slice(open + 1, text.lastIndexOf(")", equals));
    calls.push({ name: text.slice(0, open), args, result, begun, ended: moment });
  }
  return calls.toSorted((one, other) => one.begun - other.begun);
}

/** Returns the texts in quotes, which strace prints in hexadecimal escapes. */
function textsIn(args: string): Buffer[] {
  return args
    .split('"')
    .filter((_, index) => index % 2 === 1)
    .map((text) => Buffer.from(text.replaceAll(String.raw`\x`, ""), "hex"));
}
