import type { Ending } from "./ending.ts";
import { clipped } from "./failure.ts";
import { type Trap, describeTrap, mostFrames } from "./trap.ts";
import { webAssembly } from "../wasm/web-assembly.ts";

/** End of a guest. `exit` is the exit code of `rewindfs run`. */
export type Outcome =
  | { readonly kind: "exited"; readonly exit: number }
  | { readonly kind: "trapped"; readonly exit: 134; readonly reason: string; readonly trap: Trap }
  | { readonly kind: "stopped"; readonly exit: number; readonly reason: string }
  /** The host is to blame: `report` is for its developers. */
  | {
      readonly kind: "failed";
      readonly exit: 125;
      readonly reason: string;
      readonly report: string;
    };

/**
 * Decodes how a guest ended, as its process reports it. It is not trusted: any end counts as the guest's. Throws
 * RangeError for a value that is no end, SyntaxError for text that is no JSON.
 */
export function parseEnded(bytes: Buffer): {
  readonly outcome: Outcome;
  readonly notes: readonly string[];
} {
  const value: unknown = JSON.parse(bytes.toString("utf8"));
  const { outcome, notes } = (value ?? {}) as Record<string, unknown>;
  const listed = Array.isArray(notes) ? notes.slice(0, mostNotes).map(clipped) : [];
  const attributed = listed.map((note) => `The guest's process says: ${note}`);
  return { outcome: parseOutcome(outcome), notes: attributed };
}

const mostNotes = 10;

function parseOutcome(value: unknown): Outcome {
  const { kind, exit, reason, trap, report } = (value ?? {}) as Record<string, unknown>;
  switch (kind) {
    case "exited":
      if (!Number.isInteger(exit) || Number(exit) < 0 || Number(exit) > 0xffff_ffff)
        throw new RangeError("no exit code");
      return { kind, exit: Number(exit) };
    case "trapped": {
      const { message, stack } = (trap ?? {}) as Record<string, unknown>;
      const frames = Array.isArray(stack) ? stack.slice(0, mostFrames).map(clipped) : [];
      const told = { message: clipped(message), stack: frames };
      return { kind, exit: 134, reason: clipped(reason), trap: told };
    }
    case "failed":
      return { kind, exit: 125, reason: clipped(reason), report: clipped(report) };
    default:
      throw new RangeError("no end of a guest");
  }
}

/**
 * Runs a guest and returns how it ended. `glue` is the file name of the JavaScript that jco made of a component, if any:
 * what that file throws is the guest's fault.
 */
export function outcomeOf(run: () => void, ending: Ending, glue?: string): Outcome {
  try {
    run();
  } catch (error) {
    return outcomeOfThrown(error, ending, glue);
  }
  return ending.end === undefined
    ? { kind: "exited", exit: 0 }
    : outcomeOfThrown(undefined, ending, glue);
}

function outcomeOfThrown(thrown: unknown, ending: Ending, glue: string | undefined): Outcome {
  const { end } = ending;
  switch (end?.kind) {
    case "exit":
      return { kind: "exited", exit: end.code };
    case "error":
      return outcomeOfError(end.error, glue);
    case undefined:
      return outcomeOfError(thrown, glue);
  }
}

function outcomeOfError(error: unknown, glue: string | undefined): Outcome {
  if (error instanceof webAssembly.Exception) {
    const reason = "an exception of its own that it did not catch";
    return { kind: "trapped", exit: 134, reason, trap: { message: reason, stack: [] } };
  }
  if (error instanceof webAssembly.RuntimeError || isStackOverflow(error) || isTooLarge(error))
    return trapped(error);
  // jco throws this when wasi:cli/run returns its error case.
  if (error instanceof Error && error.constructor.name === "ComponentError")
    return { kind: "exited", exit: 1 };
  // The glue or the shim throws if the guest passes a value that no interface allows: a wrong handle, a broken string.
  if (
    error instanceof Error &&
    [glue, "/preview2-shim/"].some((source) => source !== undefined && thrownIn(error, source))
  ) {
    return trapped(error);
  }
  const text = error instanceof Error ? error.message : JSON.stringify(error);
  const report = error instanceof Error ? (error.stack ?? text) : text;
  return { kind: "failed", exit: 125, reason: `host failure: ${text}`, report };
}

function trapped(error: Error): Outcome {
  const trap = describeTrap(error);
  return { kind: "trapped", exit: 134, reason: trap.message, trap };
}

function isStackOverflow(error: unknown): error is RangeError {
  return error instanceof RangeError && error.message === "Maximum call stack size exceeded";
}

/** Tells if the engine lacked room for a module's initial needs, such as thousands of memories. */
function isTooLarge(error: unknown): error is RangeError {
  return error instanceof RangeError && error.message.startsWith("WebAssembly.Instance()");
}

function thrownIn(error: Error, source: string): boolean {
  // Errors that the engine throws for a wrong argument, such as an offset that a guest made up, are its caller's.
  const innermost = (error.stack ?? "")
    .split("\n")
    .find((line) => /^\s+at /.test(line) && !line.endsWith("(<anonymous>)"));
  return innermost?.includes(source) === true;
}
