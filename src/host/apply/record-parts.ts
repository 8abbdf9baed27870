import { type Ino, type Name, type TapePosition, rootIno } from "../../../journal/index.ts";
import { type File, type FileSystem, FsError } from "../../fs/index.ts";
import type { History } from "../../history/index.ts";
import { type PartFile, extentsOfPart, typedBytes } from "../choose/chosen.ts";
import { HostError } from "../disk/error.ts";
import { temporaryName } from "../disk/temporary-name.ts";
import { partsOf } from "../versions/left.ts";

/**
 * Records the parts of files that an apply takes, before the host gets them, as files without a name: they vanish when
 * the run ends and remain in its past states. The program's version stays at its path all the while. Throws HostError
 * and JournalError.
 */
export class PartRecorder {
  readonly #fs: FileSystem;
  readonly #held: Ino[] = [];

  constructor(fs: FileSystem) {
    this.#fs = fs;
  }

  /** Returns the files by their paths, in the order in which they are made. */
  record(parts: ReadonlyMap<string, PartFile>): ReadonlyMap<string, File> {
    const files = new Map<string, File>();
    for (const [path, part] of parts) {
      try {
        files.set(path, this.#record(part));
      } catch (error) {
        if (!(error instanceof FsError)) throw error;
        throw (
          this.#fs.failure ??
          new HostError("limit", path, `cannot record what is taken of ${path}: ${error.code}`, {
            hint: "take the file as a whole, or leave it",
            cause: error,
          })
        );
      }
    }
    return files;
  }

  /** Releases the files it holds, after the run has ended. */
  [Symbol.dispose](): void {
    for (const ino of this.#held) this.#fs.release(ino);
  }

  #record(part: PartFile): File {
    const ino = this.#makeNameless(part.mode);
    const { size, extents } = extentsOfPart(part, this.#write(ino, typedBytes(part)));
    const { atime, mtime } = part.after;
    this.#fs.perform({ kind: "revert", ino, size, extents });
    this.#fs.perform({ kind: "set-times", ino, atime, mtime });
    const file = this.#fs.inode(ino);
    if (file?.type !== "file") throw new Error("a recorded part is no file");
    // The live inode may change with the next event.
    return { ...file };
  }

  #makeNameless(mode: number | undefined): Ino {
    const name = temporaryName() as Name;
    const said = mode === undefined ? {} : { mode };
    const made = this.#fs.perform({ kind: "create", parent: rootIno, name, ...said });
    if (made?.kind !== "create") throw new Error("no file was made for a part");
    this.#fs.hold(made.ino);
    this.#held.push(made.ino);
    this.#fs.perform({ kind: "unlink", parent: rootIno, name });
    return made.ino;
  }

  /** Returns where on the tape the bytes begin. */
  #write(ino: Ino, bytes: Uint8Array): TapePosition {
    const step = this.#fs.limits["call-bytes"];
    let first: TapePosition | undefined;
    for (let offset = 0; offset < bytes.length; offset += step) {
      const some = bytes.subarray(offset, offset + step);
      const command = { kind: "write", ino, offset, length: some.length } as const;
      const written = this.#fs.perform(command, some);
      if (written?.kind === "write") first ??= written.tape;
    }
    return first ?? (0 as TapePosition);
  }
}

/** Removes files that an interrupted apply had made for parts, and that still have a name. */
export function removeNamedParts(fs: FileSystem, history: History): void {
  const cutOff = history.journal
    .runs()
    .filter((run) => partsOf(run).length > 0 && run.end?.exit !== 0);
  const left = cutOff.flatMap(({ run }) =>
    Array.from(history.journal.query({ run, kinds: new Set(["create"]) }), (event) =>
      "ino" in event ? (fs.inode(event.ino)?.names ?? []) : [],
    ).flat(),
  );
  if (left.length === 0) return;
  fs.begin({ cause: "library", guest: "apply", args: [], environment: [], digest: "" });
  for (const { parent, name } of left) fs.perform({ kind: "unlink", parent, name });
  fs.end({ exit: 0 });
}
