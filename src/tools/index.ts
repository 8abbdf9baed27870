// The tools of an agent on a journal, as data, each made of calls of the library, for servers and frameworks.
import { changingTools } from "./changing-tools.ts";
import { fileTools } from "./file-tools.ts";
import { pastTools } from "./past-tools.ts";
import { programTools } from "./program-tools.ts";
import { searchTools } from "./search-tools.ts";
import type { Tool } from "./tool.ts";

export { type Answer, type Piece, ToolError, bounded, named, reasonOf } from "./answers/answer.ts";
export type { Ask, Caller, Conversation } from "./call.ts";
export { callTool } from "./call-tool.ts";
export { type Command, type Running, exitOf, startCommand } from "./command.ts";
export { digestOf, labelOf } from "./label.ts";
export { Output } from "./answers/output.ts";
export { saidIn } from "./said.ts";
export { Session } from "./session.ts";
export type { Tool } from "./tool.ts";

/** Every tool, in the order in which clients list them. */
export const tools: readonly Tool[] = [
  ...fileTools,
  ...pastTools,
  ...searchTools,
  ...changingTools,
  ...programTools,
];
