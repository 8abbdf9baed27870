import { type Socket, connect } from "node:net";

import type { Answer, Question, Rule } from "../rules/index.ts";
import { onLines, say } from "./lines.ts";
import { type FromDebugger, parseToDebugger } from "./messages.ts";
import { addressOf, isPrivate, socketOf } from "./place.ts";
import type { PutBack, PutBackResult } from "./put-back.ts";

/** A debugger's connection to the program that writes a journal. */
export interface Attached {
  /** Holds the changes that fit these rules from now on, and no others; of each rule its name and paths count. */
  hold(rules: readonly Rule[]): void;
  /** Answers the question about a held call; does nothing where that waits no more. */
  answer(id: number, answer: Answer): void;
  /** Leaves: what only the debugger holds goes on. */
  close(): void;
}

export interface AttachHandlers {
  /** Called once attached, with the program's name. */
  readonly onAttached: (program: string) => void;
  /** Called, in the place of that, when another debugger is attached. */
  readonly onRefused: () => void;
  /** Called when calls that begin are held by the rules that were given last. */
  readonly onHolding: () => void;
  /** Called when a call waits for an answer. */
  readonly onHeld: (id: number, question: Question) => void;
  /** Called when it waits no more. */
  readonly onWithdrawn: (id: number) => void;
  /** Called once, when nobody is there (any more). */
  readonly onGone: () => void;
}

/** Attaches to the program that writes a journal, if there is one of this user. Never throws. */
export function attach(journal: string, handlers: AttachHandlers): Attached {
  const path = pathOf(journal);
  if (path === undefined) {
    setImmediate(handlers.onGone);
    return { hold() {}, answer() {}, close() {} };
  }
  const socket = connectTo(path);
  const tell = (message: FromDebugger): void => say(socket, message);
  let unheard = 0;
  tell({ kind: "attach" });
  onLines(socket, (value) => {
    const message = parseToDebugger(value);
    switch (message.kind) {
      case "attached":
        return handlers.onAttached(message.program);
      case "refused":
        return handlers.onRefused();
      case "holding":
        unheard -= 1;
        return unheard === 0 ? handlers.onHolding() : undefined;
      case "held":
        return handlers.onHeld(message.id, message.question);
      case "withdrawn":
        return handlers.onWithdrawn(message.id);
      case "put-back":
        throw new RangeError("an answer that nobody waits for");
    }
  });
  // "close" follows, and tells of the end.
  socket.on("error", () => {});
  socket.on("close", handlers.onGone);
  return {
    hold(rules) {
      unheard += 1;
      tell({ kind: "hold", rules });
    },
    answer: (id, answer) => tell({ kind: "answer", id, answer }),
    close: () => socket.destroy(),
  };
}

/**
 * Has the program that writes a journal put something back while it runs. Returns undefined if no program of this user
 * does, or it has gone before it answered. Never throws.
 */
export async function putBack(journal: string, order: PutBack): Promise<PutBackResult | undefined> {
  const path = pathOf(journal);
  if (path === undefined) return undefined;
  const socket = connectTo(path);
  return new Promise((resolve) => {
    say(socket, { kind: "put-back", order } satisfies FromDebugger);
    onLines(socket, (value) => {
      const message = parseToDebugger(value);
      if (message.kind === "put-back") resolve(message.result);
      socket.end();
    });
    // "close" follows, and tells of the end.
    socket.on("error", () => {});
    socket.on("close", () => resolve(undefined));
  });
}

function connectTo(path: string): Socket {
  const address = addressOf(path);
  const socket = connect(address.path);
  socket.on("close", () => address[Symbol.dispose]());
  return socket;
}

function pathOf(journal: string): string | undefined {
  try {
    return isPrivate() ? socketOf(journal) : undefined;
  } catch (error) {
    // The journal is no file.
    if (error instanceof Error && "code" in error) return undefined;
    throw error;
  }
}
