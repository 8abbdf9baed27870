import { getConfig, getCurrentTaskInput } from "@langchain/langgraph";
import { digestOf, labelOf, saidIn } from "../tools/index.ts";

/** The state of a graph while one of its tools runs, as far as it can be told from anything. */
interface State {
  readonly messages?: readonly { readonly type?: unknown; readonly text?: unknown }[];
  readonly lg_tool_call?: { readonly id?: unknown; readonly name?: unknown };
}

/** The call of a tool that goes on, as the graph that makes it tells of it. */
export interface CallNow {
  readonly labels: Readonly<Record<string, string>>;
  /** Aborts when nobody waits for the call any more. */
  readonly signal: AbortSignal | undefined;
}

/**
 * Returns the call that goes on, with the labels tool, call, session (the thread), turn, step and the prompt's digest;
 * outside of a graph nothing. A subagent has its own messages: its calls have its name, and a turn only where the
 * graph's `metadata` has it.
 */
export function callNow(): CallNow {
  const config = getConfig();
  if (config?.configurable === undefined) return { labels: {}, signal: undefined };
  const { messages = [], lg_tool_call: call } = getCurrentTaskInput<State>() ?? {};
  const agent: unknown = config.metadata?.["lc_agent_name"];
  const last = messages.findLastIndex(({ type }) => type === "human");
  const prompt = messages[last]?.text;
  const told: Readonly<Record<string, unknown>> = {
    tool: call?.name,
    call: call?.id,
    session: config.configurable["thread_id"],
    agent,
    turn: agent === undefined ? messages.filter(({ type }) => type === "human").length : undefined,
    step: messages.slice(last + 1).filter(({ type }) => type === "ai").length,
    prompt: typeof prompt === "string" ? digestOf([prompt]) : undefined,
  };
  const labels = Object.entries(told).flatMap(([name, value]) =>
    typeof value === "string" || typeof value === "number" ? [[name, labelOf(value)] as const] : [],
  );
  return {
    labels: { ...Object.fromEntries(labels), ...saidIn(config.metadata).labels },
    signal: config.signal,
  };
}
