import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";

import { line, printable } from "../../text/index.ts";
import type { Context } from "./context.ts";
import { Output, ReaderGoneError, type Sink } from "./output.ts";

/** A context whose results go to a pager. */
export interface Paged {
  readonly context: Context;
  /** Waits until the pager has taken enough of what was written. */
  readonly drained: () => Promise<void>;
}

/**
 * Runs a command's body with $PAGER, or `less -FRX`, between its results and the terminal; without one where there is
 * no terminal or no pager. Notes are shown once the pager has ended. Returns when it has.
 */
export async function withPager(
  context: Context,
  body: (paged: Paged) => Promise<number>,
): Promise<number> {
  const pager = context.out.isTerminal ? await startPager(context.env) : undefined;
  if (pager === undefined) return body({ context, drained: async () => {} });
  const pipe = new PagerPipe(pager, context.out.columns);
  const notes: Uint8Array[] = [];
  const out = new Output(pipe, context.env);
  const { isTerminal, columns } = context.talk;
  const talk = new Output(
    { isTerminal, columns, write: (bytes) => void notes.push(bytes) },
    context.env,
  );
  // The keys of the terminal are the pager's.
  const ignore = () => {};
  process.on("SIGINT", ignore);
  let exit = 0;
  try {
    exit = await body({
      context: { ...context, out, talk },
      drained: () => pipe.drained(),
    });
    out.flush();
  } catch (error) {
    if (!(error instanceof ReaderGoneError)) throw error;
  } finally {
    await pipe.end();
    process.off("SIGINT", ignore);
    talk.flush();
    if (!pipe.isMissing) for (const note of notes) context.talk.bytes(note);
  }
  if (!pipe.isMissing) return exit;
  context.talk.line(
    line`rewindfs: $PAGER cannot be run: ${printable(context.env["PAGER"] ?? "")}; printed without`,
  );
  return body({ context, drained: async () => {} });
}

/** Starts the user's pager; undefined if there is none. */
async function startPager(env: NodeJS.ProcessEnv): Promise<ChildProcess | undefined> {
  const { PAGER: wanted, TERM: term } = env;
  if (wanted === "" || wanted === "cat" || term === undefined || term === "dumb") return undefined;
  // $PAGER is a command line, as for git and man; less gets these options from $LESS then.
  const [program, args] = wanted === undefined ? ["less", ["-FRX"]] : ["/bin/sh", ["-c", wanted]];
  const child = spawn(program, args, {
    stdio: ["pipe", "inherit", "inherit"],
    env: { LESS: "FRX", ...env },
  });
  try {
    await once(child, "spawn");
    return child;
  } catch {
    return undefined;
  }
}

class PagerPipe implements Sink {
  readonly isTerminal = true;
  readonly columns: number;
  readonly #child: ChildProcess;
  readonly #closed: Promise<unknown>;
  #isGone = false;

  constructor(child: ChildProcess, columns: number) {
    this.#child = child;
    this.columns = columns;
    this.#closed = once(child, "close");
    // A pager that is left early reads no more.
    child.stdin?.on("error", () => (this.#isGone = true));
    child.on("exit", () => (this.#isGone = true));
  }

  write(bytes: Uint8Array): void {
    if (this.#isGone) throw new ReaderGoneError();
    this.#child.stdin?.write(bytes);
  }

  /** Tells, after the end, if the shell did not find the pager, or may not run it. */
  get isMissing(): boolean {
    return this.#child.exitCode === 127 || this.#child.exitCode === 126;
  }

  async drained(): Promise<void> {
    const { stdin } = this.#child;
    if (stdin?.writableNeedDrain !== true) return;
    await Promise.race([once(stdin, "drain").catch(() => {}), this.#closed]);
  }

  async end(): Promise<void> {
    this.#child.stdin?.end();
    await this.#closed;
  }
}
