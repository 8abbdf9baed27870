// A server of the Model Context Protocol on a journal: `rewindfs mcp`.
export { serveHttp } from "./http.ts";
export { serveStdio } from "./stdio.ts";
