import type { Event, Ino } from "../../journal/index.ts";
import type { ReadTape } from "../history/index.ts";
import { toolFileAt } from "../host/index.ts";
import { programIn } from "./changes.ts";
import { credentialAt } from "./credentials.ts";
import type { Finding } from "./finding.ts";
import { isGitRecord } from "./git-record.ts";
import { isTemporary } from "./temporary.ts";

type Remark = Omit<Finding, "run">;
type Place = Pick<Remark, "path" | "seq">;
type Of<K extends Event["kind"]> = Event & { readonly kind: K };

/** Describes a file that a run made, or made a program of. */
interface Followed {
  readonly isMade: boolean;
  /** Counts its names; a file with none is still there for who has it open. */
  names: number;
  /** The first bytes, as far as they are known, one a character: an array of its own for each would take three times the memory. */
  head: string;
  /** Tells where it was last seen as a program; unset as long as it was none. */
  program?: Place;
}

/**
 * A path whose file is gone, and why that deserves a look: for its name, as it was a program, or for nothing special. It
 * counts for nothing once there is a file again: what unpacks or saves files may remove the old one first.
 */
interface Ended extends Place {
  readonly remark: Remark | undefined;
  readonly was: "of a name" | "a program" | "any file";
  /** The file that took the place of a program: it has to be one, too. */
  next?: Ino;
}

/** Follows files and names that a run makes and removes again, which no state between runs shows. */
export class PassingFiles {
  readonly #readTape: ReadTape;
  readonly #files = new Map<Ino, Followed>();
  /** Maps names that the run made for tools or keys to the reason why they deserve a look. */
  readonly #names = new Map<string, string>();
  readonly #ended = new Map<string, Ended>();
  /** Counts files that came and went and are nothing special. */
  #count = 0;
  #first: Place | undefined;
  #isFull = false;
  /** Holds the first bytes of the file that is looked at. */
  readonly #room = Buffer.alloc(headBytes);

  constructor(readTape: ReadTape) {
    this.#readTape = readTape;
  }

  /** Tells if there was more than can be followed. */
  get isFull(): boolean {
    return this.#isFull;
  }

  /** Takes the run's next event; returns a remark if what it ends deserves a look. */
  add(event: Event): Remark | undefined {
    if (event.kind === "create" || event.kind === "symlink" || event.kind === "mknod") {
      this.#follow(event.ino, { isMade: true, names: 1, head: "" });
      this.#name(event.path);
      this.#again(event.path, event.ino);
    } else if (event.kind === "link") {
      const file = this.#files.get(event.ino);
      if (file !== undefined) file.names += 1;
      this.#name(event.path);
      this.#again(event.path, event.ino);
    } else if (event.kind === "rename") return this.#moved(event);
    else if (event.kind === "unlink") return this.#gone(event);
    else if (event.kind === "write") return this.#written(event);
    else if (event.kind === "set-size") this.#cut(event);
    return undefined;
  }

  /** Yields what can be told at the end: what is gone, programs that became something else, and one remark on all other files. */
  *rest(): Generator<Remark> {
    for (const { remark, next, path, seq } of this.#ended.values()) {
      if (remark === undefined) this.#countOne({ path, seq });
      else if (next === undefined || !isProgram(this.#bytesOf(this.#files.get(next)?.head ?? "")))
        yield remark;
    }
    for (const { program, head } of this.#files.values())
      if (program !== undefined && !isProgram(this.#bytesOf(head)) && !isTemporary(program.path))
        yield passed(program, "a program");
    if (this.#first === undefined) return;
    const more = this.#count === 1 ? "" : `, and ${this.#count - 1} more were`;
    const reason = `was made and removed again${more}`;
    yield { rule: "short-lived", level: "low", ...this.#first, reason, rank: 1 };
  }

  #follow(ino: Ino, file: Followed): void {
    if (this.#files.size < mostFollowed) this.#files.set(ino, file);
    else this.#isFull = true;
  }

  #name(path: string): void {
    const reason = isTemporary(path) ? undefined : reasonFor(path);
    if (reason === undefined) return;
    if (this.#names.size < mostFollowed) this.#names.set(path, reason);
    else this.#isFull = true;
  }

  #moved({ path, to, seq, ino, replaced }: Of<"rename">): Remark | undefined {
    const reason = this.#names.get(path);
    this.#names.delete(path);
    if (replaced === undefined) this.#name(to);
    this.#again(to, ino);
    // Names are taken from files of tools all the time, to save other files of these.
    if (reason !== undefined && reasonFor(to) !== reason)
      return this.#end({ path, seq }, "of a name", reason);
    // A file that another is renamed over is still there, with new content.
    const old = replaced === undefined ? undefined : this.#unnamed(replaced);
    const { head = "" } = this.#files.get(ino) ?? {};
    const isStill = old?.program === undefined || isProgram(this.#bytesOf(head));
    return isStill || isTemporary(to) ? undefined : passed({ path: to, seq }, "a program");
  }

  #gone({ ino, path, seq, kept }: Of<"unlink">): Remark | undefined {
    const named = this.#names.get(path);
    this.#names.delete(path);
    if (isTemporary(path)) return undefined;
    const file = this.#unnamed({ ino, kept });
    if (file?.program !== undefined)
      return this.#end({ path, seq }, "a program", named ?? "a program");
    if (named !== undefined) return this.#end({ path, seq }, "of a name", named);
    if (file === undefined) return undefined;
    return file.isMade ? this.#end({ path, seq }, "any file") : undefined;
  }

  /** Takes note of a path that is gone; returns a remark if there are too many to wait for what becomes of it. */
  #end(place: Place, was: Ended["was"], what?: string): Remark | undefined {
    const remark = what === undefined ? undefined : passed(place, what);
    const before = this.#ended.get(place.path);
    if (before?.was === "a program" && was === "any file") {
      delete before.next;
      return undefined;
    }
    if (this.#ended.size < mostFollowed) {
      this.#ended.set(place.path, { ...place, remark, was });
      return undefined;
    }
    if (remark === undefined) this.#countOne(place);
    return remark;
  }

  #again(path: string, ino: Ino): void {
    const ended = this.#ended.get(path);
    if (ended?.was === "a program") ended.next = ino;
    // A file from before the run, put back where another one was, leaves no change that would tell of that one.
    else if (this.#files.get(ino)?.isMade === true) this.#ended.delete(path);
  }

  #countOne({ path, seq }: Place): void {
    this.#count += 1;
    this.#first ??= { path, seq };
  }

  /** Takes a name from a file; returns the file if it was the last one. */
  #unnamed({ ino, kept }: { readonly ino: Ino; readonly kept: boolean }): Followed | undefined {
    const file = this.#files.get(ino);
    if (file === undefined) return undefined;
    file.names -= 1;
    if (file.names > 0) return undefined;
    if (!kept) this.#files.delete(ino);
    return file;
  }

  #written({ ino, path, seq, offset, length, tape }: Of<"write">): Remark | undefined {
    if (offset >= headBytes) return undefined;
    let file = this.#files.get(ino);
    if (file === undefined && offset > 0) return undefined;
    const end = Math.min(offset + length, headBytes);
    const known = this.#bytesOf(file?.head ?? "").length;
    // A gap before the write reads as zeros.
    if (known < offset) this.#room.fill(0, known, offset);
    this.#readTape(tape, end - offset, this.#room, offset);
    const head = this.#room.subarray(0, Math.max(known, end));
    if (file === undefined) {
      if (!isProgram(head)) return undefined;
      file = { isMade: false, names: 1, head: "" };
      this.#follow(ino, file);
    }
    file.head = head.toString("latin1");
    if (isProgram(head)) {
      const isNews = file.names <= 0 && file.program === undefined;
      file.program = { path, seq };
      return isNews && !isTemporary(path) ? passed({ path, seq }, "a program") : undefined;
    }
    if (file.program !== undefined && head.length >= longestSign) {
      delete file.program;
      return isTemporary(path) ? undefined : passed({ path, seq }, "a program");
    }
    return undefined;
  }

  /** Returns the bytes of a head, until the next call. */
  #bytesOf(head: string): Buffer {
    return this.#room.subarray(0, this.#room.write(head, "latin1"));
  }

  #cut({ ino, size }: Of<"set-size">): void {
    const file = this.#files.get(ino);
    if (file !== undefined && size < file.head.length) file.head = file.head.slice(0, size);
  }
}

const mostFollowed = 100_000;
const headBytes = 128;
/** Bytes by which programs are known. */
const longestSign = 4;

function passed(place: Place, what: string): Remark {
  const reason = `was made and removed again: ${what}`;
  return { rule: "short-lived", level: "medium", ...place, reason, rank: 0 };
}

function isProgram(head: Uint8Array | undefined): boolean {
  const program = programIn(head);
  return program === "native" || program === "script";
}

/** Recognises what SQLite makes beside a database and removes at each commit or close; one that stays is a tool's file. */
function isDatabaseTemporary(path: string): boolean {
  return /\.(?:db|sqlite3?)-(?:journal|wal|shm)$/.test(path);
}

function reasonFor(path: string): string | undefined {
  if (isGitRecord(path)) return undefined;
  const credential = credentialAt(path);
  return (
    (isDatabaseTemporary(path) ? undefined : toolFileAt(path)?.reason) ??
    (credential === undefined ? undefined : `holds ${credential.holds}`)
  );
}
