import { parentPort, workerData } from "node:worker_threads";
import { openHistory } from "../index.ts";
import { ToolError } from "./answers/answer.ts";
import type { Asked, Told } from "./asking-past.ts";
import { pastTools } from "./past-tools.ts";
import { searchTools } from "./search-tools.ts";

// Answers one question in a thread of its own, so that other calls go on, and that it can be ended anywhere.

// oxlint-disable-next-line typescript/no-unsafe-type-assertion -- our own starter hands it over
const { file, name, given } = workerData as Asked;
parentPort?.postMessage(await told());

async function told(): Promise<Told> {
  try {
    const tool = [...pastTools, ...searchTools].find((one) => one.name === name);
    if (tool === undefined) throw new ToolError(`there is no ${name}`);
    using past = openHistory(file);
    return { answer: await tool.call(past, given) };
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    const { hint } = error as { hint?: unknown };
    return { reason: error.message, hint: typeof hint === "string" ? hint : undefined };
  }
}
