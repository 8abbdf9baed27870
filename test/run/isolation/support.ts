import { once } from "node:events";

import {
  type Launch,
  type Launched,
  type Support,
  findSupport,
  launch,
} from "../../../src/run/isolation/index.ts";

const found: Support = findSupport(process.env["PATH"]);

/** Why nothing can be isolated here; undefined if it can. */
export const unsupported = "missing" in found ? found.missing : undefined;
if (unsupported !== undefined)
  process.stderr.write(`SKIPPED: tests of the sandbox, because ${unsupported}\n`);

export interface Ended {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly out: string;
  readonly err: string;
}

/** Starts a script in the sandbox, with pipes; other options are empty. */
export function start(script: string, options: Partial<Launch> = {}, support?: Support): Launched {
  return launch(
    {
      isolation: "required",
      script,
      args: [],
      visible: [],
      stdio: ["ignore", "pipe", "pipe"],
      memoryBytes: 0,
      ...options,
    },
    support,
  );
}

/** Waits for a child's end, and returns all its output. */
export async function ended({ process: child }: Launched): Promise<Ended> {
  const said = { out: "", err: "" };
  child.stdout?.setEncoding("utf8").on("data", (text: string) => (said.out += text));
  child.stderr?.setEncoding("utf8").on("data", (text: string) => (said.err += text));
  await once(child, "close");
  return { code: child.exitCode, signal: child.signalCode, ...said };
}
