import type { Stats } from "node:fs";
import { posix } from "node:path";
import type {
  Experimental_SandboxDirectoryEntry,
  Experimental_SandboxFileStat,
  Experimental_SandboxSession,
} from "ai";
import { type OpenFileSystem, openHistory } from "../index.ts";
import { type JournalFs, liveFs, pastFs } from "../node-fs/index.ts";
import type { Session } from "../tools/index.ts";
import { Processes } from "./processes.ts";
import { placeIn } from "./place.ts";

/** Returns the session of the AI SDK on a journal; `labels` are those of every run that it makes. */
export function sessionOn(
  journal: Session,
  labels: Readonly<Record<string, string>>,
): Experimental_SandboxSession {
  const { folder } = journal;
  const processes = new Processes(journal, labels);

  const placeOf = (path: string): string => {
    const place = placeIn(folder, path);
    if (place === undefined)
      throw new Error(`${path} is not below ${folder}, which is all that the sandbox has`);
    return place;
  };

  /** Looks at a path; null where nothing is. */
  const look = async <T>(
    path: string,
    signal: AbortSignal | undefined,
    act: (fs: JournalFs, place: string) => T,
  ): Promise<T | null> => {
    const place = placeOf(path);
    try {
      if (!processes.hasSpawned)
        return await journal.inTurn(() => act(liveFs(journal.files), place), signal);
      // The process writes the journal meanwhile; anybody can read it.
      using past = openHistory(journal.file);
      return act(pastFs(past), place);
    } catch (error) {
      if (isMissing(error)) return null;
      throw error;
    }
  };

  /** Changes a path, when it is this session's turn. */
  const change = async <T>(
    path: string,
    signal: AbortSignal | undefined,
    act: (files: OpenFileSystem, place: string) => T | Promise<T>,
  ): Promise<T> => {
    const place = placeOf(path);
    if (processes.hasSpawned)
      throw new Error(
        `cannot change ${path}: a spawned process writes the journal; wait for it, or kill it`,
      );
    return await journal.inTurn(() => act(journal.files, place), signal);
  };

  const write = (name: string, path: string, content: Uint8Array, signal?: AbortSignal) =>
    change(path, signal, (files, place) => {
      const fs = liveFs(files);
      // A call that changes nothing makes no run.
      files.within(
        `${name} ${place}`,
        () => {
          makeAbove(fs, place);
          fs.writeFileSync(place, content);
        },
        { labels },
      );
    });

  const spawn = async (options: SpawnOptions): Promise<unknown> =>
    await processes.spawn({ ...options, place: placeOf(options.workingDirectory ?? ".") });

  return {
    description: `The working directory is ${folder}: a recorded filesystem, whose every change can be taken back. Commands change nothing else of the machine, and have no network.`,
    readFile: async ({ path, abortSignal }) => {
      const bytes = await look(path, abortSignal, (fs, place) => fs.readFileSync(place));
      return bytes === null ? null : new Blob([new Uint8Array(bytes)]).stream();
    },
    readBinaryFile: ({ path, abortSignal }) =>
      look(path, abortSignal, (fs, place) => new Uint8Array(fs.readFileSync(place))),
    readTextFile: async ({ path, encoding = "utf-8", startLine = 1, endLine, abortSignal }) => {
      const decoder = new TextDecoder(encoding);
      const bytes = await look(path, abortSignal, (fs, place) => fs.readFileSync(place));
      if (bytes === null) return null;
      const text = decoder.decode(bytes);
      if (startLine === 1 && endLine === undefined) return text;
      return text
        .split("\n")
        .slice(startLine - 1, endLine)
        .join("\n");
    },
    writeFile: ({ path, content, abortSignal }) =>
      change(path, abortSignal, (files, place) =>
        files.run(`writeFile ${place}`, () => copyTo(liveFs(files), place, content, abortSignal), {
          labels,
        }),
      ),
    writeBinaryFile: ({ path, content, abortSignal }) =>
      write("writeBinaryFile", path, content, abortSignal),
    writeTextFile: async ({ path, content, encoding = "utf-8", abortSignal }) => {
      if (!Buffer.isEncoding(encoding)) throw new TypeError(`cannot write text as ${encoding}`);
      await write("writeTextFile", path, Buffer.from(content, encoding), abortSignal);
    },
    stat: ({ path, abortSignal }) =>
      look(path, abortSignal, (fs, place): Experimental_SandboxFileStat => {
        const stats = fs.statSync(place);
        return { type: typeOf(stats), size: stats.size };
      }),
    listDirectory: ({ path, abortSignal }) =>
      look(path, abortSignal, (fs, place): Experimental_SandboxDirectoryEntry[] => {
        if (!fs.statSync(place).isDirectory()) throw new Error(`ENOTDIR: ${path} is no directory`);
        return fs.readdirSync(place, { withFileTypes: true }).map((entry) => ({
          name: entry.name,
          type: entry.isSymbolicLink() ? "symlink" : typeOf(entry),
        }));
      }),
    deleteFile: async ({ path, abortSignal }) => {
      try {
        await change(path, abortSignal, (files, place) =>
          files.within(`deleteFile ${place}`, () => liveFs(files).unlinkSync(place), { labels }),
        );
        return true;
      } catch (error) {
        if (isMissing(error)) return false;
        throw error;
      }
    },
    // Its overloads say that the handle has `stdin` where that was asked for.
    spawn: spawn as Experimental_SandboxSession["spawn"],
    run: async (options) =>
      await processes.run({ ...options, place: placeOf(options.workingDirectory ?? ".") }),
  };
}

type SpawnOptions = Parameters<Experimental_SandboxSession["spawn"]>[0];

async function copyTo(
  fs: JournalFs,
  place: string,
  content: AsyncIterable<Uint8Array>,
  signal: AbortSignal | undefined,
): Promise<void> {
  makeAbove(fs, place);
  const fd = fs.openSync(place, "w");
  try {
    for await (const bytes of content) {
      signal?.throwIfAborted();
      for (let at = 0; at < bytes.length;) at += fs.writeSync(fd, bytes, at);
    }
  } finally {
    fs.closeSync(fd);
  }
}

function makeAbove(fs: JournalFs, place: string): void {
  const above = posix.dirname(place);
  if (!fs.existsSync(above)) fs.mkdirSync(above, { recursive: true });
}

function typeOf(stats: Pick<Stats, "isFile" | "isDirectory">): "file" | "directory" | "other" {
  if (stats.isFile()) return "file";
  return stats.isDirectory() ? "directory" : "other";
}

function isMissing(error: unknown): boolean {
  const code = error instanceof Error && "code" in error ? error.code : undefined;
  return code === "ENOENT" || code === "ENOTDIR";
}
