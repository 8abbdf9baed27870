// `rewindfs/deepagents`: a journal's filesystem as the backend of agents that are made with LangChain's deepagents.
import "../node-needed.ts";
export { Backend, type BackendOptions, openBackend } from "./backend.ts";
