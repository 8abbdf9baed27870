import {
  type Answer,
  type Question,
  type Rule,
  type RuleOperation,
  answers,
  changes,
  mostRules,
  mostShown,
} from "../rules/index.ts";
import { field, number, optional, text, texts } from "./fields.ts";
import { type PutBack, type PutBackResult, parsePutBack, parsePutBackResult } from "./put-back.ts";

/** A message to a running program. */
export type FromDebugger =
  /** The first message of a debugger: it wants to be the one that is attached. */
  | { readonly kind: "attach" }
  /** The calls to hold from now on, instead of those before. */
  | { readonly kind: "hold"; readonly rules: readonly Rule[] }
  | { readonly kind: "answer"; readonly id: number; readonly answer: Answer }
  /** Anybody of this user may ask for this, whether a debugger is attached or not. */
  | { readonly kind: "put-back"; readonly order: PutBack };

/** A message of the running program to the debugger. */
export type ToDebugger =
  /** The answer to "put-back". */
  | { readonly kind: "put-back"; readonly result: PutBackResult }
  | { readonly kind: "attached"; readonly program: string }
  /** The answer to each "hold", in order: calls that begin now are held by its rules. */
  | { readonly kind: "holding" }
  /** Another debugger is attached. */
  | { readonly kind: "refused" }
  /** A call waits for an answer; or it waits no more. */
  | { readonly kind: "held"; readonly id: number; readonly question: Question }
  | { readonly kind: "withdrawn"; readonly id: number };

/** Returns a message as JSON holds it: bytes in base64. */
export function encoded(message: ToDebugger): unknown {
  if (message.kind !== "held") return message;
  const { before, after, ...question } = message.question;
  return {
    ...message,
    question: {
      ...question,
      ...(before === undefined ? {} : { before: Buffer.from(before).toString("base64") }),
      ...(after === undefined ? {} : { after: Buffer.from(after).toString("base64") }),
    },
  };
}

/** Parses a debugger's message. Throws RangeError. */
export function parseFromDebugger(value: unknown): FromDebugger {
  const kind = text(value, "kind");
  if (kind === "answer") {
    const answer = answers.find((one) => one === text(value, "answer"));
    if (answer === undefined) throw new RangeError("no answer");
    return { kind, id: number(value, "id"), answer };
  }
  if (kind === "attach") return { kind };
  if (kind === "put-back") return { kind, order: parsePutBack(field(value, "order")) };
  const rules = field(value, "rules");
  if (kind !== "hold" || !Array.isArray(rules) || rules.length > mostRules)
    throw new RangeError("no message of a debugger");
  return { kind, rules: rules.map(holdOf) };
}

/** Parses a program's message. Throws RangeError. */
export function parseToDebugger(value: unknown): ToDebugger {
  const kind = text(value, "kind");
  switch (kind) {
    case "attached":
      return { kind, program: text(value, "program") };
    case "refused":
    case "holding":
      return { kind };
    case "put-back":
      return { kind, result: parsePutBackResult(field(value, "result")) };
    case "withdrawn":
      return { kind, id: number(value, "id") };
    case "held":
      return { kind, id: number(value, "id"), question: questionIn(field(value, "question")) };
    default:
      throw new RangeError("no message of a program");
  }
}

/** Debuggers hold by paths alone. */
function holdOf(value: unknown): Rule {
  const paths = field(value, "paths") === undefined ? undefined : texts(value, "paths");
  const name = text(value, "name").slice(0, longestName);
  return { action: "ask", name, ...(paths === undefined ? {} : { paths }) };
}

const longestName = 200;

function questionIn(value: unknown): Question {
  const from = optional(value, "from");
  const to = optional(value, "to");
  const program = optional(value, "program");
  const before = bytesIn(value, "before");
  const after = bytesIn(value, "after");
  const words = field(value, "words");
  if (!Array.isArray(words)) throw new RangeError("no words");
  return {
    rule: text(value, "rule"),
    operation: operationIn(field(value, "operation")),
    path: text(value, "path"),
    words: words.map(operationIn),
    // Any text will do: it is only compared with kinds of events.
    call: text(value, "call") as Question["call"],
    size: number(value, "size"),
    ...(from === undefined ? {} : { from }),
    ...(to === undefined ? {} : { to }),
    ...(program === undefined ? {} : { program }),
    ...(before === undefined ? {} : { before }),
    ...(after === undefined ? {} : { after }),
    ...(field(value, "hold") === true ? { hold: true } : {}),
  };
}

function operationIn(value: unknown): RuleOperation {
  const found = (["read", ...changes] as const).find((one) => one === value);
  if (found === undefined) throw new RangeError("no operation");
  return found;
}

function bytesIn(value: unknown, key: string): Uint8Array | undefined {
  const base64 = optional(value, key);
  if (base64 === undefined) return undefined;
  const bytes = Buffer.from(base64, "base64");
  if (bytes.length > mostShown) throw new RangeError("more bytes than are shown");
  return bytes;
}
