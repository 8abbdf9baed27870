import type { Answer } from "./answers/answer.ts";
import { Call, type Caller } from "./call.ts";
import type { Session } from "./session.ts";
import type { Tool } from "./tool.ts";
import { turnName as turnNameLabel } from "./turns.ts";

/**
 * Calls a tool with arguments that its schema has checked. Throws what the tool throws; a ToolError says what to do
 * next.
 */
export function callTool(
  session: Session,
  tool: Tool,
  given: Readonly<Record<string, unknown>>,
  caller: Caller,
): Promise<Answer> {
  if (tool.of === "past") return session.askPast(tool.name, given, caller.signal);
  if (tool.turns === "own")
    return (async () => await tool.call(new Call(session, caller), given))();
  return session.inTurn(() => {
    const labels = {
      ...(tool.effect === "reads" ? {} : turnOf(session, caller)),
      ...caller.labels,
    };
    return tool.call(new Call(session, { ...caller, labels }), given);
  }, caller.signal);
}

/** Returns the labels of the turn that a call is of, as far as its client tells of turns. */
function turnOf(
  { turns, files }: Session,
  { labels, turnName, conversation }: Caller,
): Caller["labels"] {
  if (labels["turn"] !== undefined) return {};
  if (turnName !== undefined)
    return { turn: String(turns.numberOf(files, turnName)), [turnNameLabel]: turnName };
  const turn = conversation?.turn;
  if (turn === undefined) return {};
  const prompt = turn.prompt === undefined ? {} : { prompt: turn.prompt };
  return { turn: String(turn.number), ...prompt };
}
