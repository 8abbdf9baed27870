import { join } from "node:path";
import { PassThrough } from "node:stream";
import { Client } from "@modelcontextprotocol/sdk/client/index.js";
import { StdioClientTransport } from "@modelcontextprotocol/sdk/client/stdio.js";
import { StdioServerTransport } from "@modelcontextprotocol/sdk/server/stdio.js";
import { ElicitRequestSchema } from "@modelcontextprotocol/sdk/types.js";
import { serverOn } from "../../src/mcp/server.ts";
import { Session } from "../../src/tools/index.ts";
import { type Recorder, record } from "../support/journal.ts";
import { withTemporary } from "../support/temporary.ts";

export const program = new URL("../../dist/main.js", import.meta.url).pathname;

interface Server {
  readonly args?: readonly string[];
  readonly folder?: string;
  /** Answers of a person who is asked, in turn. */
  readonly agree?: readonly boolean[];
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
  let answered = 0;
  if (agree !== undefined)
    client.setRequestHandler(ElicitRequestSchema, async ({ params }) => {
      asked?.push(params.message);
      await think?.();
      answered += 1;
      return { action: "accept", content: { agree: agree[answered - 1] ?? false } };
    });
  const journal = journalIn(folder, before);
  const command = { command: process.execPath, args: [program, "-j", journal, "mcp", ...args] };
  await client.connect(new StdioClientTransport({ ...command, cwd: folder, stderr: "ignore" }));
  try {
    await act(client, { journal });
  } finally {
    await client.close();
  }
}

/** The same with a server of this process, where the program itself is not what is tested: it starts at once. */
export function withServerHere(
  { before }: Pick<Server, "before">,
  act: (client: Client) => Promise<void>,
): Promise<void> {
  return withTemporary(async (folder) => {
    using session = new Session(journalIn(folder, before), folder);
    const server = serverOn(session, { version: "1", labels: {} });
    const client = new Client({ name: "test", version: "1" });
    const [there, back] = [new PassThrough(), new PassThrough()];
    await server.connect(new StdioServerTransport(there, back));
    // The two ends of a pipe say the same in both directions.
    await client.connect(new StdioServerTransport(back, there));
    try {
      await act(client);
    } finally {
      await client.close();
      await server.close();
      await session.inTurn(() => {});
    }
  });
}

/** Returns the place of the journal in a folder; makes it if there is something that was before. */
function journalIn(folder: string, before: Server["before"]): string {
  const journal = join(folder, "agent.db");
  if (before !== undefined)
    record(journal, (step) => void step.run("before", [], () => before(step)));
  return journal;
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
