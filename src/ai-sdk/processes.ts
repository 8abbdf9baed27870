import { Readable, Writable } from "node:stream";
import type { Experimental_SandboxProcess } from "ai";
import { type Running, type Session, exitOf, startCommand } from "../tools/index.ts";

/** A command of the AI SDK, and where in the filesystem it starts. */
interface Given {
  readonly command: string;
  readonly place: string;
  readonly env?: Readonly<Record<string, string>>;
  readonly abortSignal?: AbortSignal;
}

/** Most bytes of each output of one command. */
const mostOutput = 16 * 1024 * 1024;

/** The commands of a sandbox: one at a time, as each writes the journal while it runs. */
export class Processes {
  readonly #journal: Session;
  readonly #labels: Readonly<Record<string, string>>;
  #spawned = 0;

  constructor(journal: Session, labels: Readonly<Record<string, string>>) {
    this.#journal = journal;
    this.#labels = labels;
  }

  /** Tells whether a spawned process still runs. */
  get hasSpawned(): boolean {
    return this.#spawned > 0;
  }

  /** Runs a command to its end. */
  run(given: Given): Promise<{ exitCode: number; stdout: string; stderr: string }> {
    this.#refuseWhileSpawned();
    return this.#whileLent(given, async (running) => {
      running.stdin.end();
      const [stdout, stderr, exitCode] = await Promise.all([
        textOf(running.stdout),
        textOf(running.stderr),
        exitOf(running),
      ]);
      given.abortSignal?.throwIfAborted();
      return { exitCode, stdout, stderr };
    });
  }

  /** Starts a command, and resolves with its handle. */
  spawn(given: Given & { readonly stdin?: boolean }): Promise<Experimental_SandboxProcess> {
    this.#refuseWhileSpawned();
    return new Promise((resolve, reject) => {
      this.#whileLent(given, async (running) => {
        this.#spawned += 1;
        const exit = exitOf(running).finally(() => {
          this.#spawned -= 1;
        });
        resolve(handleOf(running, exit, given));
        await exit;
      }).catch(reject);
    });
  }

  #whileLent<T>(given: Given, act: (running: Running) => Promise<T>): Promise<T> {
    const journal = this.#journal;
    const { command, place: directory, env: environment, abortSignal: signal } = given;
    return journal.inTurn(
      () =>
        journal.lend(() => {
          const { file, folder } = journal;
          const where = { journal: file, folder, labels: this.#labels };
          return act(startCommand({ ...where, command, directory, environment, signal }));
        }),
      signal,
    );
  }

  #refuseWhileSpawned(): void {
    if (this.hasSpawned)
      throw new Error(
        "a spawned process writes the journal until it ends: wait for it, or kill it",
      );
  }
}

function handleOf(
  running: Running,
  exit: Promise<number>,
  { stdin = false, abortSignal }: Given & { readonly stdin?: boolean },
): Experimental_SandboxProcess {
  if (!stdin) running.stdin.end();
  const { pid } = running;
  return {
    ...(pid === undefined ? {} : { pid }),
    stdout: Readable.toWeb(running.stdout),
    stderr: Readable.toWeb(running.stderr),
    async wait() {
      const exitCode = await exit;
      abortSignal?.throwIfAborted();
      return { exitCode };
    },
    async kill() {
      running.kill();
      await exit;
    },
    ...(stdin ? { stdin: Writable.toWeb(running.stdin) } : {}),
  };
}

/** Reads an output to its end, and keeps as much of it as is bounded. */
async function textOf(stream: Readable): Promise<string> {
  const parts: Buffer[] = [];
  let [kept, lost] = [0, 0];
  for await (const bytes of stream as AsyncIterable<Buffer>) {
    const part = bytes.subarray(0, mostOutput - kept);
    parts.push(part);
    kept += part.length;
    lost += bytes.length - part.length;
  }
  const text = Buffer.concat(parts).toString("utf8");
  return lost === 0 ? text : `${text}\n(${lost} more bytes are left out)\n`;
}
