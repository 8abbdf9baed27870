import type { ModelMessage, Tool as SdkTool, ToolExecutionOptions } from "ai";
import { z } from "zod";
import {
  type Answer,
  type Session,
  type Tool,
  ToolError,
  bounded,
  callTool,
  digestOf,
  labelOf,
  reasonOf,
  tools,
} from "../tools/index.ts";
import { placeIn } from "./place.ts";

/** The tools of an agent, and those of the server for clients of MCP that each of them is. */
const names = {
  read: "read_text_file",
  write: "write_file",
  edit: "edit_file",
  list: "list_directory",
  move: "move_file",
  find: "search_files",
  grep: "grep",
  bash: "bash",
  run_python: "run_python",
  diff: "diff",
  history: "history",
  blame: "blame",
  read_at: "read_at",
  undo: "undo",
  redo: "redo",
} as const;

export type ToolName = keyof typeof names;

/** A tool that answers in pieces: words of its own, or what a file holds, never both in one. */
export type AgentTool = SdkTool<Record<string, unknown>, string[]>;

export type AgentTools = Readonly<Record<ToolName, AgentTool>>;

/** Returns the tools on a journal; `labels` are those of every run that they make. */
export function toolsOn(session: Session, labels: Readonly<Record<string, string>>): AgentTools {
  const byName = new Map(tools.map((one) => [one.name, one]));
  const made = Object.entries(names).map(([name, from]) => {
    const found = byName.get(from);
    if (found === undefined) throw new Error(`there is no tool ${from}`);
    return [name, agentTool(session, name, found, labels)] as const;
  });
  // Each name of the table has its tool.
  return Object.fromEntries(made) as unknown as AgentTools;
}

function agentTool(
  session: Session,
  name: string,
  tool: Tool,
  labels: Readonly<Record<string, string>>,
): AgentTool {
  return {
    title: tool.title,
    description: tool.description,
    inputSchema: z.object(tool.input),
    async execute(given, options) {
      const caller = {
        labels: { ...labelsOf(options), ...labels, tool: name },
        ask: async () => undefined,
        signal: options.abortSignal,
      };
      try {
        return textsOf(await callTool(session, tool, placed(session.folder, given), caller));
      } catch (error) {
        if (options.abortSignal?.aborted === true) throw error;
        throw new ToolError(reasonOf(error), { cause: error });
      }
    },
    toModelOutput: ({ output }) => ({
      type: "content",
      value: output.map((text) => ({ type: "text", text })),
    }),
  };
}

/** Returns what a tool takes, with the paths of the machine that a command prints as those of the filesystem. */
function placed(folder: string, given: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const places = Object.entries(given).map(([key, value]) => {
    if (!pathKeys.has(key) || typeof value !== "string") return [key, value] as const;
    return [key, value.startsWith(`${folder}/`) ? placeIn(folder, value) : value] as const;
  });
  return Object.fromEntries(places);
}

const pathKeys: ReadonlySet<string> = new Set(["path", "source", "destination", "directory"]);

/** Returns the labels of a call: its id, which turn and step of the conversation it is of, and the prompt's digest. */
function labelsOf({
  toolCallId,
  messages,
}: ToolExecutionOptions<unknown>): Readonly<Record<string, string>> {
  const last = messages.findLastIndex(({ role }) => role === "user");
  const turn = messages.filter(({ role }) => role === "user").length;
  const step = messages.slice(last + 1).filter(({ role }) => role === "assistant").length + 1;
  const prompt = messages[last];
  return {
    call: labelOf(toolCallId),
    turn: String(turn),
    step: String(step),
    ...(prompt === undefined ? {} : { prompt: digestOf(wordsOf(prompt)) }),
  };
}

function wordsOf({ content }: ModelMessage): string[] {
  if (typeof content === "string") return [content];
  return content.flatMap((part) => (part.type === "text" ? [part.text] : []));
}

function textsOf({ pieces }: Answer): string[] {
  return bounded(pieces).flatMap((piece) => {
    if ("words" in piece) return [piece.words];
    return "content" in piece ? [piece.content] : [];
  });
}
