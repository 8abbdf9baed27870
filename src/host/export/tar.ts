import { createWriteStream, openSync, rmSync } from "node:fs";
import type { Writable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { type Header, type Pack, pack } from "tar-stream";

import type { Ino, Journal } from "../../../journal/index.ts";
import {
  type Directory,
  type File,
  type Inode,
  type Tree,
  modeOf,
  isSpecial,
} from "../../fs/index.ts";
import {
  Budget,
  type ReadTape,
  type Visit,
  isReadable,
  readPieces,
  readRange,
  tapeOf,
  walk,
} from "../../history/index.ts";
import { HostError, type Skip, errnoOf, neverRead, targetError } from "../disk/error.ts";
import { directoryAt } from "./export.ts";
import type { ExportCounts, ExportOptions } from "./options.ts";
import { exportable } from "./exportable.ts";
import { permissions } from "../versions/modes.ts";
import { type SparseForm, sparseForm } from "./tar-sparse.ts";

/** Header times have 32 bits here; later times, and fractions, go into extended headers. */
const latestHeaderSeconds = 2 ** 31 - 1;

const pathsPerReport = 512;
const pieceBytes = 256 * 1024;

/**
 * Writes a past state as a tar file, or into a stream: directories, files (holes stay holes), hard links and symlinks
 * (last, so that nothing is unpacked through one) with their exact times. An existing file is not overwritten. Throws
 * HostError and JournalError.
 */
export async function exportTar(
  tree: Tree,
  journal: Pick<Journal, "readTape">,
  target: string | Writable,
  options: ExportOptions = {},
): Promise<ExportCounts> {
  const directory = directoryAt(tree, options.path ?? "/");
  const output = typeof target === "string" ? openNew(target) : target;
  const writer = new TarWriter(tapeOf(journal), options);
  const [piped, filled] = await Promise.allSettled([
    pipeline(writer.chunks(), output),
    writer.fill(tree, directory),
  ]);
  const failed = [piped, filled].find((outcome) => outcome.status === "rejected");
  if (failed === undefined) return writer.counts;
  if (typeof target === "string") rmSync(target, { force: true });
  throw targetError(failed.reason, "export to", typeof target === "string" ? target : "the stream");
}

/** Creates the file before anything is read, so that it cannot appear later. */
function openNew(target: string): Writable {
  try {
    return createWriteStream(target, { fd: openSync(target, "wx") });
  } catch (error) {
    if (errnoOf(error) !== "EEXIST") throw targetError(error, "export to", target);
    throw new HostError("exists", target, `cannot export to ${target}: it exists`, {
      hint: "give a path that does not exist",
    });
  }
}

class TarWriter {
  readonly counts = { files: 0, directories: 0, symlinks: 0, links: 0, bytes: 0, skipped: 0 };
  readonly #pack: Pack = pack();
  readonly #readTape: ReadTape;
  readonly #options: ExportOptions;
  readonly #budget: Budget;
  readonly #places = new Map<Ino, string>();

  constructor(readTape: ReadTape, options: ExportOptions) {
    this.#readTape = readTape;
    this.#options = options;
    this.#budget = options.budget ?? new Budget("the export");
  }

  async *chunks(): AsyncGenerator<Uint8Array> {
    for await (const chunk of this.#pack) yield chunk as Uint8Array;
  }

  async fill(tree: Tree, directory: Directory): Promise<void> {
    try {
      const symlinks: Visit[] = [];
      const above = new Map<string, Inode>();
      const counting = exportable(this.#options.git ?? "leave", (skip) => this.#skip(skip), "take");
      for (const visit of walk(tree, directory, "", { budget: this.#budget, counting })) {
        // The exported directory itself is the one it is unpacked into.
        if (visit.path === "") continue;
        if (visit.inode.type === "symlink") symlinks.push(visit);
        else await this.#add(visit);
        if (visit.inode.type === "directory") above.set(visit.path, visit.inode);
      }
      for (const visit of symlinks) await this.#add(visit);
      // Unpacking a symlink changes its directory's time: set it again.
      for (const path of new Set(symlinks.map((visit) => parentOf(visit.path)))) {
        const inode = above.get(path);
        if (inode !== undefined) await this.#addDirectory(path, inode);
      }
      this.#pack.finalize();
    } catch (error) {
      this.#pack.destroy(error instanceof Error ? error : undefined);
      throw error;
    }
  }

  async #add({ path, inode }: Visit): Promise<void> {
    const place = this.#places.get(inode.ino);
    if (place !== undefined) {
      await this.#entry({ ...headerOf(path, inode), type: "link", linkname: place });
      this.counts.links += 1;
    } else if (inode.type === "file" && !isReadable(inode.content, this.#readTape)) {
      this.#skip({ path, reason: neverRead });
    } else if (inode.type === "file") {
      await this.#addFile(path, inode);
    } else if (inode.type === "directory") {
      await this.#addDirectory(path, inode);
      this.counts.directories += 1;
    } else if (isSpecial(inode)) {
      await this.#entry({ ...headerOf(path, inode), type: "fifo" });
      this.counts.files += 1;
      if (inode.names.length > 1) this.#places.set(inode.ino, path.slice(1));
    } else {
      const linkname = inode.target;
      await this.#entry({ ...headerOf(path, inode), type: "symlink", linkname });
      this.counts.symlinks += 1;
      if (inode.names.length > 1) this.#places.set(inode.ino, path.slice(1));
    }
    const { files, directories } = this.counts;
    if ((files + directories) % pathsPerReport === 0)
      this.#options.onProgress?.({ ...this.counts });
  }

  #addDirectory(path: string, inode: Inode): Promise<void> {
    return this.#entry({ ...headerOf(`${path}/`, inode), type: "directory" });
  }

  async #addFile(path: string, file: File): Promise<void> {
    const { size, mapped } = file.content;
    const plain = headerOf(path, file);
    const sparse = sparseForm(plain.name, file.content);
    this.#budget.bytes(mapped);
    if (sparse === undefined) this.#budget.zeros(size - mapped);
    const header =
      sparse === undefined
        ? { ...plain, size }
        : { ...plain, name: sparse.name, size: sparse.size, pax: { ...plain.pax, ...sparse.pax } };
    const ended = Promise.withResolvers<void>();
    const entry = this.#pack.entry({ ...header, type: "file" }, (error) => {
      if (error === null || error === undefined) ended.resolve();
      else ended.reject(error);
    });
    for (const piece of this.#piecesOf(file, sparse)) {
      if (!entry.write(piece)) {
        const drained = new Promise<void>((resolve) => entry.once("drain", resolve));
        await Promise.race([drained, ended.promise]);
      }
      this.counts.bytes += piece.length;
    }
    entry.end(undefined);
    await ended.promise;
    this.counts.files += 1;
    if (file.names.length > 1) this.#places.set(file.ino, path.slice(1));
  }

  *#piecesOf(file: File, sparse: SparseForm | undefined): Generator<Uint8Array> {
    if (sparse === undefined) return yield* readPieces(file, this.#readTape);
    yield sparse.map;
    for (const { start, end } of sparse.ranges) {
      for (let at = start; at < end; at += pieceBytes)
        yield readRange(file, this.#readTape, at, Math.min(end, at + pieceBytes));
    }
  }

  #entry(header: Parameters<Pack["entry"]>[0]): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#pack.entry(header, (error) => {
        if (error === null || error === undefined) resolve();
        else reject(error);
      });
    });
  }

  #skip(skip: Skip): void {
    this.counts.skipped += 1;
    const base = this.#options.path ?? "/";
    this.#options.onSkip?.({ ...skip, path: `${base === "/" ? "" : base}${skip.path}` });
  }
}

function headerOf(path: string, inode: Inode) {
  const { atime, mtime } = inode;
  const seconds = Math.min(Number(mtime / 1_000_000_000n), latestHeaderSeconds);
  return {
    name: path.slice(1),
    mode: modeOf(inode) & permissions,
    mtime: new Date(seconds * 1_000),
    pax: { mtime: decimal(mtime), atime: decimal(atime) },
  } satisfies Partial<Header>;
}

function parentOf(path: string): string {
  return path.slice(0, path.lastIndexOf("/"));
}

/** Writes seconds with all nine decimals. */
function decimal(time: bigint): string {
  return `${time / 1_000_000_000n}.${String(time % 1_000_000_000n).padStart(9, "0")}`;
}
