// `rewindfs/ai-sdk`: a journal's filesystem for agents that are made with the AI SDK: tools, and a sandbox's session.
import "../node-needed.ts";
export { Sandbox, type SandboxOptions, openSandbox } from "./sandbox.ts";
export type { AgentTool, AgentTools, ToolName } from "./tool-set.ts";
