import type { Answer } from "./answer.ts";
import { Call, type Caller } from "./call.ts";
import type { Session } from "./session.ts";
import type { Tool } from "./tool.ts";

/** Calls a tool with what its input let through. Throws what it throws; a ToolError says what to do next. */
export function callTool(
  session: Session,
  tool: Tool,
  given: Readonly<Record<string, unknown>>,
  caller: Caller,
): Promise<Answer> {
  if (tool.of === "past") return session.askPast(tool.name, given, caller.signal);
  const act = async () => await tool.call(new Call(session, caller), given);
  return tool.turns === "own" ? act() : session.inTurn(act, caller.signal);
}
