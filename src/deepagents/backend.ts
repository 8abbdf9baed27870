import { realpathSync } from "node:fs";
import { posix } from "node:path";
import type {
  DeleteResult,
  ExecuteResponse,
  FileDownloadResponse,
  FileOperationError,
  FileUploadResponse,
  GrepMatch,
  SandboxBackendProtocolV2,
} from "deepagents";
import { globMatcher } from "../history/index.ts";
import { type OpenFileSystem, grep } from "../index.ts";
import { type JournalFs, liveFs } from "../node-fs/index.ts";
import { Output, Session, exitOf, named, reasonOf, startCommand } from "../tools/index.ts";
import { type CallNow, callNow } from "./call-now.ts";
import { bytesGiven, contentOf, infoOf, linesOf, put, replace } from "./content.ts";

/** Options of a backend: the place of its commands, and labels. */
export interface BackendOptions {
  /** The folder of the machine in whose place commands find the filesystem. Default: the working directory. */
  readonly folder?: string;
  /** Labels of every run, besides those of the call: tool, call, session, turn, step, prompt. */
  readonly labels?: Readonly<Record<string, string>>;
  /** "none" gives the agent no tool `execute`, as rules for paths (`permissions`) ask for. */
  readonly commands?: "none";
}

/**
 * Opens a backend for agents of deepagents on a journal's file, which is made if it does not exist: each change is an
 * event. It keeps the journal open for writing until it is disposed of. Throws JournalError.
 */
export function openBackend(journal: string, options: BackendOptions = {}): Backend {
  return new Backend(journal, options);
}

type Result<Name extends "ls" | "read" | "readRaw" | "write" | "edit" | "grep" | "glob"> = Promise<
  Awaited<ReturnType<SandboxBackendProtocolV2[Name]>>
>;

/** The filesystem of a journal as the tools of deepagents know one. Paths begin at its root. */
export class Backend implements SandboxBackendProtocolV2, Disposable {
  /** Empty where no commands can be run, as deepagents asks. */
  readonly id: string;
  readonly #session: Session;
  readonly #labels: Readonly<Record<string, string>>;

  /** @internal */
  constructor(journal: string, { folder = ".", labels = {}, commands }: BackendOptions) {
    if (journal === ":memory:")
      throw new TypeError("a backend needs a journal in a file: its commands open that, too");
    this.id = commands === "none" ? "" : `rewindfs:${journal}`;
    this.#session = new Session(journal, realpathSync(folder));
    this.#labels = labels;
    // Made now, so that whoever looks at the past finds it.
    this.files.exists("/");
  }

  /** The filesystem, live and past. While a command runs it is the command's: wait for its call. Throws JournalError. */
  get files(): OpenFileSystem {
    return this.#session.files;
  }

  ls(path: string): Result<"ls"> {
    return this.#look(path, { files: [] }, (fs) => {
      if (!fs.statSync(path).isDirectory()) return { files: [] };
      return { files: fs.readdirSync(path).map((name) => infoOf(fs, posix.join(path, name))) };
    });
  }

  read(path: string, offset = 0, limit = 500): Result<"read"> {
    return this.#look(path, undefined, (fs) => {
      const { content, mimeType } = contentOf(fs, path);
      const isText = typeof content === "string";
      return { ...(isText ? linesOf(content, offset, limit) : { content }), mimeType };
    });
  }

  readRaw(path: string): Result<"readRaw"> {
    return this.#look(path, undefined, (fs) => {
      const { ctime, mtime } = fs.statSync(path);
      const times = { created_at: ctime.toISOString(), modified_at: mtime.toISOString() };
      return { data: { ...contentOf(fs, path), ...times } };
    });
  }

  write(path: string, content: string): Result<"write"> {
    return this.#change(`write ${path}`, path, (fs) => {
      put(fs, path, bytesGiven(path, content));
      return { path };
    });
  }

  edit(path: string, sought: string, by: string, all = false): Result<"edit"> {
    return this.#change(`edit ${path}`, path, (fs) => ({
      path,
      occurrences: replace(fs, path, { sought, by, all }),
    }));
  }

  delete(path: string): Promise<DeleteResult> {
    return this.#change(`delete ${path}`, path, (fs) => {
      fs.rmSync(path, { recursive: true });
      return { path };
    });
  }

  grep(
    text: string,
    at?: string | null,
    glob?: string | null,
    max?: number | null,
  ): Result<"grep"> {
    return this.#look(at ?? "/", { matches: [] }, (_, files) => {
      const fits = typeof glob === "string" ? globMatcher(glob) : () => true;
      const matches: GrepMatch[] = [];
      for (const match of grep(files.history, text, { path: at ?? "/" })) {
        if (match.kind !== "line" || !fits(match.path)) continue;
        if (matches.length === (max ?? mostMatches)) return { matches, truncated: true };
        matches.push({ path: match.path, line: match.line, text: match.text.slice(0, mostLine) });
      }
      return { matches };
    });
  }

  glob(pattern: string, at = "/"): Result<"glob"> {
    return this.#look(at, { files: [], truncated: false }, (fs) => {
      const found = fs.globSync(pattern.replace(/^\/+/, ""), { cwd: at });
      const files = found.slice(0, mostMatches).map((one) => infoOf(fs, posix.join(at, one)));
      return { files, truncated: found.length > mostMatches };
    });
  }

  async execute(command: string): Promise<ExecuteResponse> {
    const session = this.#session;
    const { labels, signal } = this.#call();
    const act = async () => {
      const { file: journal, folder } = session;
      const running = startCommand({ journal, folder, labels, command, directory: "/", signal });
      const output = new Output();
      running.stdin.end();
      running.stdout.on("data", output.take);
      running.stderr.on("data", output.take);
      const exitCode = await exitOf(running);
      return { output: output.text, exitCode, truncated: output.lost > 0 };
    };
    return await session.inTurn(() => session.lend(act), signal);
  }

  async uploadFiles(files: [string, Uint8Array][]): Promise<FileUploadResponse[]> {
    return await Promise.all(
      files.map(async ([path, bytes]) => {
        const { code } = await this.#change(`upload ${path}`, path, (fs) => {
          put(fs, path, bytes);
          return { code: null };
        });
        return { path, error: code };
      }),
    );
  }

  async downloadFiles(paths: string[]): Promise<FileDownloadResponse[]> {
    return await Promise.all(
      paths.map(async (path) => {
        const answer = await this.#look(path, undefined, (fs) => fs.readFileSync(path));
        if ("code" in answer) return { path, content: null, error: answer.code };
        return { path, content: new Uint8Array(answer), error: null };
      }),
    );
  }

  [Symbol.dispose](): void {
    this.#session[Symbol.dispose]();
  }

  #call(): CallNow {
    const { labels, signal } = callNow();
    return { labels: { ...labels, ...this.#labels }, signal };
  }

  /** Looks at a path when the calls before have ended; `absent` is the answer where nothing is. */
  async #look<T>(
    path: string,
    absent: T | undefined,
    act: (fs: JournalFs, files: OpenFileSystem) => T,
  ): Promise<T | Failed> {
    const session = this.#session;
    try {
      return await session.inTurn(
        () => act(liveFs(session.files), session.files),
        this.#call().signal,
      );
    } catch (error) {
      const failed = failureOf(path, error);
      return failed.code === "file_not_found" && absent !== undefined ? absent : failed;
    }
  }

  /** Makes the changes of a call one run; where it makes none, there is none. */
  #change<T>(name: string, path: string, act: (fs: JournalFs) => T): Promise<T | Failed> {
    const { labels } = this.#call();
    return this.#look(path, undefined, (fs, files) =>
      files.within(name, () => act(fs), { labels }),
    );
  }
}

interface Failed {
  readonly error: string;
  readonly code: FileOperationError;
}

/** Returns why a call failed, in words that hold no name as it is. */
function failureOf(path: string, error: unknown): Failed {
  const told = error instanceof Error && "code" in error ? error.code : undefined;
  const code = fileErrors.get(told) ?? "invalid_path";
  const reason = code === "file_not_found" ? "not found" : reasonOf(error);
  return { error: `File ${named(path)}: ${reason}`, code };
}

const fileErrors: ReadonlyMap<unknown, FileOperationError> = new Map([
  ["ENOENT", "file_not_found"],
  ["ENOTDIR", "file_not_found"],
  ["EISDIR", "is_directory"],
  ["EACCES", "permission_denied"],
  ["EROFS", "permission_denied"],
]);

/** Most matches and names of one answer, and most characters of a line. */
const mostMatches = 1_000;
const mostLine = 1_000;
