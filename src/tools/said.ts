import { isTraceparent } from "../text/index.ts";
import { labelOf } from "./label.ts";

/** The words of a client about a call, beside what it gives to the tool. */
export interface Said {
  /** Labels: traceparent, session, call, and a turn that the client has a label for. */
  readonly labels: Readonly<Record<string, string>>;
  /** The turn, where the client has but a name of its own for it. */
  readonly turn: string | undefined;
}

/** Places in `_meta`, the first one that is there counts: ours, and those of Codex, VS Code, and others. */
const sessionKeys = [
  ["session"],
  ["threadId"],
  ["x-codex-turn-metadata", "session_id"],
  ["vscode.conversationId"],
  ["ai.opencode/sessionID"],
  ["antigravity.google/conversation_id"],
  ["openai/session"],
];
const turnKeys = [["x-codex-turn-metadata", "turn_id"], ["vscode.requestId"]];
const callKeys = [["claudecode/toolUseId"], ["callId"]];

/** Reads what a client says of a call in its `_meta`, or in what stands for one. */
export function saidIn(meta: unknown): Said {
  const trace = wordAt(meta, [["traceparent"]]);
  const labels = {
    // A trace that is none would be found by nobody.
    traceparent: trace !== undefined && isTraceparent(trace) ? trace : undefined,
    session: wordAt(meta, sessionKeys),
    call: wordAt(meta, callKeys),
    turn: wordAt(meta, [["turn"]]),
  };
  const found = Object.entries(labels).flatMap(([name, value]) =>
    value === undefined ? [] : [[name, value] as const],
  );
  return { labels: Object.fromEntries(found), turn: wordAt(meta, turnKeys) };
}

function wordAt(meta: unknown, places: readonly (readonly string[])[]): string | undefined {
  for (const place of places) {
    const value = place.reduce<unknown>(memberOf, meta);
    if ((typeof value === "string" && value !== "") || typeof value === "number")
      return labelOf(value);
  }
  return undefined;
}

function memberOf(value: unknown, name: string): unknown {
  if (typeof value !== "object" || value === null || !Object.hasOwn(value, name)) return undefined;
  return (value as Readonly<Record<string, unknown>>)[name];
}
