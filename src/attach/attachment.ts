import { chmodSync, rmSync } from "node:fs";
import { type Server, type Socket, createServer } from "node:net";

import { type Answer, type Question, type Rule, checkRules } from "../rules/index.ts";
import { onLines, say } from "./lines.ts";
import { encoded, parseFromDebugger } from "./messages.ts";
import { makeLiveFolder, socketOf } from "./place.ts";

/**
 * The place where one debugger at a time can attach to a running program, hold its calls, and answer what is asked about
 * them. A debugger that leaves holds nothing any more.
 */
export class Attachment implements Disposable {
  readonly #program: string;
  readonly #hold: (rules: readonly Rule[]) => void;
  readonly #waiting = new Map<number, (answer: Answer | undefined) => void>();
  #server: Server | undefined;
  #debugger: Socket | undefined;
  #last = 0;

  /** `hold` is called with rules that ask: the calls that a debugger wants held, instead of those before. */
  constructor(program: string, hold: (rules: readonly Rule[]) => void) {
    this.#program = program;
    this.#hold = hold;
  }

  /** Waits for debuggers of this user, where it can. The journal's lock must be held. */
  listen(journal: string): void {
    const path = makeLiveFolder() ? socketOf(journal) : undefined;
    if (path === undefined) return;
    // Nobody listens there: who writes the journal is here.
    rmSync(path, { force: true });
    const server = createServer((socket) => this.#welcome(socket));
    // Without a socket nobody attaches, and the program runs all the same.
    server.on("error", () => {});
    server.listen(path, () => chmodSync(path, 0o600));
    server.unref();
    this.#server = server;
  }

  /** Asks the debugger. Returns undefined if there is none, or when it has left. */
  async ask(question: Question, signal: AbortSignal): Promise<Answer | undefined> {
    const socket = this.#debugger;
    if (socket === undefined) return undefined;
    this.#last += 1;
    const id = this.#last;
    const withdraw = (): void => {
      this.#waiting.get(id)?.(undefined);
      say(socket, encoded({ kind: "withdrawn", id }));
    };
    const answer = await new Promise<Answer | undefined>((resolve) => {
      this.#waiting.set(id, resolve);
      signal.addEventListener("abort", withdraw);
      say(socket, encoded({ kind: "held", id, question }));
    });
    this.#waiting.delete(id);
    signal.removeEventListener("abort", withdraw);
    return answer;
  }

  [Symbol.dispose](): void {
    this.#server?.close();
    this.#debugger?.destroy();
  }

  #welcome(socket: Socket): void {
    socket.unref();
    // Its end is told by "close".
    socket.on("error", () => {});
    if (this.#debugger !== undefined) {
      say(socket, encoded({ kind: "refused" }));
      return void socket.end();
    }
    this.#debugger = socket;
    onLines(socket, (value) => {
      const message = parseFromDebugger(value);
      if (message.kind === "answer") return this.#waiting.get(message.id)?.(message.answer);
      checkRules(message.rules);
      this.#hold(message.rules);
    });
    socket.on("close", () => this.#leave());
    say(socket, encoded({ kind: "attached", program: this.#program }));
  }

  #leave(): void {
    this.#debugger = undefined;
    this.#hold([]);
    for (const answer of this.#waiting.values()) answer(undefined);
  }
}
