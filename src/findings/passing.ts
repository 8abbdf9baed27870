import type { Event, Ino, Seq } from "../../journal/index.ts";
import type { ReadTape } from "../history/index.ts";
import { toolFileAt } from "../host/index.ts";
import { programIn } from "./changes.ts";
import { credentialAt } from "./credentials.ts";
import type { Finding } from "./finding.ts";
import { isTemporary } from "./temporary.ts";

/** Follows files that a run makes and removes again, which no state between runs shows. */
export class PassingFiles {
  readonly #readTape: ReadTape;
  readonly #made = new Map<Ino, { path: string; head?: Uint8Array }>();
  /** Counts files that came and went and are nothing special. */
  #count = 0;
  #first: { readonly path: string; readonly seq: Seq } | undefined;

  constructor(readTape: ReadTape) {
    this.#readTape = readTape;
  }

  /** Takes the run's next event; returns a remark if it removes a file that deserves a look. */
  add(event: Event): (Omit<Finding, "run"> & { readonly seq: Seq }) | undefined {
    if (event.kind === "unlink") return this.#gone(event);
    if (event.kind === "create" || event.kind === "symlink") {
      if (this.#made.size < mostFollowed) this.#made.set(event.ino, { path: event.path });
    } else if (event.kind === "rename") {
      const made = this.#made.get(event.ino);
      if (made !== undefined) made.path = event.to;
      // A file that another is renamed over is still there, with new content.
      if (event.replaced !== undefined) this.#made.delete(event.replaced.ino);
    } else if (event.kind === "link") {
      // It has another name, and does not go with this one.
      this.#made.delete(event.ino);
    } else if (event.kind === "write" && event.offset === 0) {
      const made = this.#made.get(event.ino);
      if (made !== undefined) {
        made.head = new Uint8Array(Math.min(event.length, headBytes));
        this.#readTape(event.tape, made.head.length, made.head);
      }
    }
    return undefined;
  }

  #gone({ ino, path, seq }: Event & { readonly kind: "unlink" }) {
    const made = this.#made.get(ino);
    this.#made.delete(ino);
    if (made === undefined || isTemporary(path)) return undefined;
    const what = notable(path, made.head);
    if (what === undefined) {
      this.#count += 1;
      this.#first ??= { path, seq };
      return undefined;
    }
    const reason = `was made and removed again: ${what}`;
    return { rule: "short-lived", level: "medium", path, reason, seq, rank: 0 } as const;
  }

  /** Returns one remark on all other files that came and went; undefined if there were none. */
  others(): Omit<Finding, "run"> | undefined {
    if (this.#first === undefined) return undefined;
    const more = this.#count === 1 ? "" : `, and ${this.#count - 1} more were`;
    const reason = `was made and removed again${more}`;
    return { rule: "short-lived", level: "low", ...this.#first, reason, rank: 1 };
  }
}

const mostFollowed = 100_000;
const headBytes = 128;

function notable(path: string, head: Uint8Array | undefined): string | undefined {
  const tool = toolFileAt(path);
  if (tool !== undefined) return tool.reason;
  const credential = credentialAt(path);
  if (credential !== undefined) return `holds ${credential.holds}`;
  const program = programIn(head);
  return program === "native" || program === "script" ? "a program" : undefined;
}
