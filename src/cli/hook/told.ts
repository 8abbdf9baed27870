import { createHash } from "node:crypto";

/** The words of an agent to its hook: the part of a turn that it is at, and the labels of a run of it. */
export interface Told {
  /**
   * The "begin" of a turn, with the prompt; a "step" of it, such as a tool that was used; its "end"; or something else.
   */
  readonly at: "begin" | "step" | "end" | "other";
  readonly session: string | undefined;
  readonly labels: ReadonlyMap<string, string>;
}

/**
 * The names of events of hooks: those of Claude Code and Codex, of the Gemini CLI, of Cursor, of opencode's plugins, and
 * of Codex' `notify`.
 */
const parts: ReadonlyMap<string, Told["at"]> = new Map([
  ["UserPromptSubmit", "begin"],
  ["BeforeAgent", "begin"],
  ["beforeSubmitPrompt", "begin"],
  ["chat.message", "begin"],
  ["PostToolUse", "step"],
  ["PostToolUseFailure", "step"],
  ["SubagentStop", "step"],
  ["AfterTool", "step"],
  ["afterFileEdit", "step"],
  ["tool.execute.after", "step"],
  ["Stop", "end"],
  ["StopFailure", "end"],
  ["AfterAgent", "end"],
  ["stop", "end"],
  ["session.idle", "end"],
  ["agent-turn-complete", "end"],
]);

/** The names that agents have for the same thing: the first one that is present counts. */
const sessionKeys = ["session_id", "thread-id", "conversation_id", "sessionID"];
const callKeys = ["tool_use_id", "callID"];
const toolKeys = ["tool_name", "tool"];
const eventKeys = ["hook_event_name", "type"];

/** Reads what an agent tells; text that is no object of JSON tells of the end of a turn, and nothing else. */
export function toldBy(text: string): Told {
  const given = objectIn(text);
  if (given === undefined) return { at: "end", session: undefined, labels: new Map() };
  const event = textOf(given, eventKeys);
  const session = textOf(given, sessionKeys);
  const prompt = textOf(given, ["prompt"]);
  const labels = Object.entries({
    event,
    session,
    tool: textOf(given, toolKeys),
    call: textOf(given, callKeys),
    prompt: prompt === undefined ? undefined : digestOf(prompt),
  }).flatMap(([name, value]) =>
    value === undefined ? [] : [[name, value.slice(0, mostLabel).toWellFormed()] as const],
  );
  return { at: partOf(event), session, labels: new Map(labels) };
}

/** Returns the part of a turn that an event is at; an agent that names none tells that it waits for a person again. */
export function partOf(event: string | undefined): Told["at"] {
  return event === undefined ? "end" : (parts.get(event) ?? "other");
}

/** Most characters of a label, as an agent chooses them. */
const mostLabel = 200;

function objectIn(text: string): ReadonlyMap<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(text);
    const isObject = typeof value === "object" && value !== null && !Array.isArray(value);
    return isObject ? new Map(Object.entries(value)) : undefined;
  } catch {
    return undefined;
  }
}

function textOf(given: ReadonlyMap<string, unknown>, keys: readonly string[]): string | undefined {
  for (const key of keys) {
    const value = given.get(key);
    if (typeof value === "string" && value !== "") return value;
  }
  return undefined;
}

/** Returns the first characters of a prompt's SHA-256: the prompt itself may be nobody else's business. */
function digestOf(prompt: string): string {
  return createHash("sha256").update(prompt).digest("hex").slice(0, 16);
}
