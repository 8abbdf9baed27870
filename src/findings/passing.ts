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

/** Follows files and names that a run makes and removes again, which no state between runs shows. */
export class PassingFiles {
  readonly #readTape: ReadTape;
  readonly #files = new Map<Ino, Followed>();
  /** Maps names that the run made for tools or keys to the reason why they deserve a look. */
  readonly #names = new Map<string, string>();
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
    } else if (event.kind === "link") {
      const file = this.#files.get(event.ino);
      if (file !== undefined) file.names += 1;
      this.#name(event.path);
    } else if (event.kind === "rename") return this.#moved(event);
    else if (event.kind === "unlink") return this.#gone(event);
    else if (event.kind === "write") return this.#written(event);
    else if (event.kind === "set-size") this.#cut(event);
    return undefined;
  }

  /** Yields what can be told at the end: programs that became something else, and one remark on all other files. */
  *rest(): Generator<Remark> {
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
    // Names are taken from files of tools all the time, to save other files of these.
    if (reason !== undefined && reasonFor(to) !== reason) return passed({ path, seq }, reason);
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
    if (named !== undefined) return passed({ path, seq }, named);
    const file = this.#unnamed({ ino, kept });
    if (file === undefined) return undefined;
    if (file.program !== undefined) return passed({ path, seq }, "a program");
    if (!file.isMade) return undefined;
    this.#count += 1;
    this.#first ??= { path, seq };
    return undefined;
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

function reasonFor(path: string): string | undefined {
  if (isGitRecord(path)) return undefined;
  const credential = credentialAt(path);
  return (
    toolFileAt(path)?.reason ?? (credential === undefined ? undefined : `holds ${credential.holds}`)
  );
}
