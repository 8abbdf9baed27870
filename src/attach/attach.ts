import { connect } from "node:net";

import type { Answer, Question, Rule } from "../rules/index.ts";
import { onLines, say } from "./lines.ts";
import { type FromDebugger, parseToDebugger } from "./messages.ts";
import { isPrivate, socketOf } from "./place.ts";

/** A debugger's connection to the program that writes a journal. */
export interface Attached {
  /** Holds the changes that fit these rules from now on, and no others; of each its name and paths count. */
  hold(rules: readonly Rule[]): void;
  answer(id: number, answer: Answer): void;
  /** Leaves: what only the debugger holds goes on. */
  close(): void;
}

export interface AttachHandlers {
  /** Called once attached, with the program's name; or when another debugger is. */
  readonly onAttached: (program: string) => void;
  readonly onRefused: () => void;
  /** A call waits for an answer; or it waits no more. */
  readonly onHeld: (id: number, question: Question) => void;
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
  const socket = connect(path);
  const tell = (message: FromDebugger): void => say(socket, message);
  onLines(socket, (value) => {
    const message = parseToDebugger(value);
    switch (message.kind) {
      case "attached":
        return handlers.onAttached(message.program);
      case "refused":
        return handlers.onRefused();
      case "held":
        return handlers.onHeld(message.id, message.question);
      case "withdrawn":
        return handlers.onWithdrawn(message.id);
    }
  });
  // The end is told by "close".
  socket.on("error", () => {});
  socket.on("close", handlers.onGone);
  return {
    hold: (rules) => tell({ kind: "hold", rules }),
    answer: (id, answer) => tell({ kind: "answer", id, answer }),
    close: () => socket.destroy(),
  };
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
