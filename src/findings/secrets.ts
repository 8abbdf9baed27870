import { type Ino, type Seq } from "../../journal/index.ts";
import { type Inode, type Tree, inodeOf, pathOf, readContent } from "../fs/index.ts";
import { type ReadTape, lookup, unlessUnread } from "../history/index.ts";
import type { Finding } from "./finding.ts";
import type { ScanSecrets } from "./scan/secret-scan.ts";
import { TextBatch } from "./scan/text-batch.ts";
import type { WrittenText } from "./scan/written.ts";

/** Holds the states before and after a run. */
export interface AroundRun {
  readonly before: Tree;
  readonly after: Tree;
  readonly readTape: ReadTape;
}

/** Bytes of an older file that are searched for the same secret. */
const mostOld = 4 * 1024 * 1024;
/** Bounds the secrets that are remembered, so that each is told once a path. */
const mostRemembered = 10_000;

/** Finds secrets in what a run wrote, except those that stood in the same file before. */
export class Secrets {
  readonly #scan: ScanSecrets;
  readonly #around: AroundRun;
  readonly #batch = new TextBatch();
  readonly #seen = new Set<string>();
  readonly #old = new Map<string, string>();

  constructor(scan: ScanSecrets, around: AroundRun) {
    this.#scan = scan;
    this.#around = around;
  }

  /** Bytes of text so far. */
  get bytes(): number {
    return this.#batch.bytes;
  }

  /** Takes a text to search; returns true if it is time to, by `remarks`. */
  add(written: WrittenText): boolean {
    this.#batch.add(written);
    return this.#batch.isFull;
  }

  /** Yields what is in the texts that were added, one by one, since each takes a search through what the file held before. */
  async *remarks(): AsyncGenerator<(Omit<Finding, "run"> & { readonly seq: Seq }) | undefined> {
    for await (const { what, secret, written, seq } of this.#batch.search(this.#scan)) {
      const { ino } = written;
      const now = this.#pathNow(ino);
      const path = now ?? written.path;
      const key = `${path}\0${secret}`;
      if (this.#seen.has(key)) continue;
      if (this.#seen.size < mostRemembered) this.#seen.add(key);
      if (this.#stoodThere(ino, path, secret)) {
        yield undefined;
        continue;
      }
      const reason =
        now === undefined
          ? `held what looks like ${what}: it is gone, and still in the journal`
          : `holds what looks like ${what}`;
      const level = /password/.test(what) ? "medium" : "high";
      yield { rule: "secret", level, path, reason, seq, rank: 0 };
    }
  }

  /** Returns the file's path after the run; undefined if it is gone. */
  #pathNow(ino: Ino): string | undefined {
    const { after } = this.#around;
    const inode = inodeOf(after, ino);
    return inode === undefined || inode.names.length === 0 ? undefined : pathOf(after, ino);
  }

  #stoodThere(ino: Ino, path: string, secret: string): boolean {
    const { before } = this.#around;
    const old = [inodeOf(before, ino), lookup(before, path)];
    return old.some((inode) => this.#textOf(inode).includes(secret));
  }

  #textOf(inode: Inode | undefined): string {
    if (inode?.type !== "file") return "";
    const key = String(inode.ino);
    let text = this.#old.get(key);
    if (text === undefined) {
      const { readTape } = this.#around;
      const bytes = unlessUnread(
        () => readContent(inode.content, 0, mostOld, readTape),
        new Uint8Array(),
      );
      // As the secret was decoded: not as "latin1" of TextDecoder, which is another alphabet from 0x80 to 0x9f.
      text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString("latin1");
      // A secret is looked for in two files: the one that is written, and the one whose place it takes.
      const [oldest] = this.#old.size < 2 ? [] : this.#old.keys();
      if (oldest !== undefined) this.#old.delete(oldest);
      this.#old.set(key, text);
    }
    return text;
  }
}
