import { join } from "node:path";
import { Client } from "@modelcontextprotocol/sdk/client/index.js";
import { StdioClientTransport } from "@modelcontextprotocol/sdk/client/stdio.js";
import { ElicitRequestSchema } from "@modelcontextprotocol/sdk/types.js";
import { type Recorder, record } from "../support/journal.ts";
import { withTemporary } from "../support/temporary.ts";

export const program = new URL("../../dist/main.js", import.meta.url).pathname;

interface Server {
  readonly args?: readonly string[];
  readonly folder?: string;
  readonly agree?: boolean;
  readonly asked?: string[];
  /** Resolves when the person has thought. */
  readonly think?: () => Promise<void>;
  /** The name by which the client gives itself out. */
  readonly client?: string;
  /** Makes what a program left before, in a run of its own. */
  readonly before?: (step: Recorder) => void;
}

/** Starts the program as clients do, and lets the SDK's own client talk to it. */
export async function withServer(
  { args = [], folder, agree, asked, think, client: name = "test", before }: Server,
  act: (client: Client, server: { readonly journal: string }) => Promise<void>,
): Promise<void> {
  if (folder === undefined)
    return withTemporary((made) =>
      withServer({ args, folder: made, client: name, ...(before && { before }) }, act),
    );
  const capabilities = agree === undefined ? {} : { elicitation: {} };
  const client = new Client({ name, version: "1" }, { capabilities });
  if (agree !== undefined)
    client.setRequestHandler(ElicitRequestSchema, async ({ params }) => {
      asked?.push(params.message);
      await think?.();
      return { action: "accept", content: { agree } };
    });
  const journal = join(folder, "agent.db");
  if (before !== undefined)
    record(journal, (step) => void step.run("before", [], () => before(step)));
  const command = { command: process.execPath, args: [program, "-j", journal, "mcp", ...args] };
  await client.connect(new StdioClientTransport({ ...command, cwd: folder, stderr: "ignore" }));
  try {
    await act(client, { journal });
  } finally {
    await client.close();
  }
}

/** Calls a tool, and returns the texts of its answer. */
export async function call(
  client: Client,
  name: string,
  given: Record<string, unknown>,
): Promise<string[]> {
  const { content, isError } = await client.callTool({ name, arguments: given });
  const texts = (content as { text?: string }[]).map(({ text = "" }) => text);
  if (isError === true) throw new Error(texts.join("\n"));
  return texts;
}
