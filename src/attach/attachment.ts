import { chmodSync, rmSync } from "node:fs";
import { type Server, type Socket, createServer } from "node:net";

import { type Answer, type Question, type Rule, checkRules } from "../rules/index.ts";
import { onLines, say } from "./lines.ts";
import { type FromDebugger, encoded, parseFromDebugger } from "./messages.ts";
import { addressOf, makeLiveFolder, removeAbandoned, socketOf } from "./place.ts";
import type { PutBack, PutBackResult } from "./put-back.ts";

/** Bytes that a debugger may leave unread before it is told of no further calls: it may be slow, or stopped. */
const mostUnread = 8 * 1024 * 1024;

/** The services of a program for who attaches to it. */
export interface AttachmentHandlers {
  /**
   * Is called with rules that ask: the calls that a debugger wants held, instead of those before. Resolves, in the order of
   * its calls, once those that begin are held.
   */
  readonly hold: (rules: readonly Rule[]) => Promise<void>;
  /** Puts something back for a person. */
  readonly putBack: (order: PutBack) => Promise<PutBackResult>;
}

/**
 * The place where one debugger at a time can attach to a running program, hold its calls, and answer what is asked about
 * them. A debugger that leaves holds nothing any more.
 */
export class Attachment implements Disposable {
  readonly #program: string;
  readonly #handlers: AttachmentHandlers;
  readonly #waiting = new Map<number, (answer: Answer | undefined) => void>();
  /** Questions that the debugger has not been told of yet, in their order. */
  readonly #untold = new Map<number, Question>();
  #server: Server | undefined;
  #path: string | undefined;
  #debugger: Socket | undefined;
  #last = 0;

  constructor(program: string, handlers: AttachmentHandlers) {
    this.#program = program;
    this.#handlers = handlers;
  }

  /** Waits for debuggers of this user, where it can. The journal's lock must be held. */
  listen(journal: string): void {
    const path = makeLiveFolder() ? socketOf(journal) : undefined;
    if (path === undefined) return;
    // A socket of a program that has ended: this one holds the journal's lock.
    rmSync(path, { force: true });
    removeAbandoned();
    const server = createServer((socket) => this.#welcome(socket));
    // Without a socket no debugger can attach; the program runs all the same.
    const address = addressOf(path);
    const isBound = (): void => address[Symbol.dispose]();
    server.on("error", isBound);
    server.listen(address.path, () => {
      chmodSync(path, 0o600);
      isBound();
    });
    this.#path = path;
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
      if (!this.#untold.delete(id)) say(socket, encoded({ kind: "withdrawn", id }));
    };
    const answer = await new Promise<Answer | undefined>((resolve) => {
      this.#waiting.set(id, resolve);
      signal.addEventListener("abort", withdraw);
      this.#untold.set(id, question);
      this.#tell(socket);
    });
    this.#waiting.delete(id);
    this.#untold.delete(id);
    signal.removeEventListener("abort", withdraw);
    return answer;
  }

  [Symbol.dispose](): void {
    this.#server?.close();
    // The server knows a longer path by another one, which leads nowhere by now.
    if (this.#path !== undefined) rmSync(this.#path, { force: true });
    this.#debugger?.destroy();
  }

  #tell(socket: Socket): void {
    for (const [id, question] of this.#untold) {
      if (socket.writableLength > mostUnread) return;
      this.#untold.delete(id);
      say(socket, encoded({ kind: "held", id, question }));
    }
  }

  #welcome(socket: Socket): void {
    socket.unref();
    // "close" follows, and tells of the end.
    socket.on("error", () => {});
    onLines(socket, (value) => this.#hear(socket, parseFromDebugger(value)));
  }

  #hear(socket: Socket, message: FromDebugger): void {
    if (message.kind === "put-back") return void this.#putBack(socket, message.order);
    if (message.kind === "attach") return this.#attach(socket);
    if (socket !== this.#debugger) throw new RangeError("no debugger that is attached");
    if (message.kind === "answer") return this.#waiting.get(message.id)?.(message.answer);
    checkRules(message.rules);
    void this.#hold(socket, message.rules);
  }

  async #hold(socket: Socket, rules: readonly Rule[]): Promise<void> {
    await this.#handlers.hold(rules);
    say(socket, encoded({ kind: "holding" }));
  }

  #attach(socket: Socket): void {
    if (this.#debugger !== undefined) {
      say(socket, encoded({ kind: "refused" }));
      return void socket.end();
    }
    this.#debugger = socket;
    socket.on("close", () => this.#leave());
    socket.on("drain", () => this.#tell(socket));
    say(socket, encoded({ kind: "attached", program: this.#program }));
  }

  async #putBack(socket: Socket, order: PutBack): Promise<void> {
    const result = await this.#handlers.putBack(order);
    say(socket, encoded({ kind: "put-back", result }));
  }

  #leave(): void {
    this.#debugger = undefined;
    void this.#handlers.hold([]);
    for (const answer of this.#waiting.values()) answer(undefined);
  }
}
