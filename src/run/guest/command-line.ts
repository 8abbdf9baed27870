import type { Ending } from "../ending/ending.ts";
import { handout } from "../protocol/handout.ts";

/** Everything a guest learns of its caller, and its exit. */
export interface CommandLineOptions {
  readonly args: readonly string[];
  readonly environment: readonly (readonly [string, string])[];
  readonly initialCwd: string | undefined;
  readonly stdin: () => object;
  readonly stdout: () => object;
  readonly stderr: () => object;
  /** Streams that are terminals. */
  readonly terminals: ReadonlySet<"stdin" | "stdout" | "stderr">;
  readonly ending: Ending;
}

/** Returns wasi:cli; it passes on nothing of the host's environment. */
export function createCommandLine(options: CommandLineOptions) {
  class TerminalInput {}
  class TerminalOutput {}
  const terminal = (name: "stdin" | "stdout" | "stderr", Terminal: new () => object) =>
    handout(() => (options.terminals.has(name) ? new Terminal() : undefined));

  return {
    environment: {
      getArguments: () => options.args,
      getEnvironment: () => options.environment,
      initialCwd: () => options.initialCwd,
    },
    exit: {
      exit: (status: { readonly tag: "ok" | "err" }) =>
        options.ending.now({ kind: "exit", code: status.tag === "ok" ? 0 : 1 }),
      exitWithCode: (code: number) => options.ending.now({ kind: "exit", code }),
    },
    stdin: { getStdin: options.stdin },
    stdout: { getStdout: options.stdout },
    stderr: { getStderr: options.stderr },
    terminalInput: { TerminalInput },
    terminalOutput: { TerminalOutput },
    terminalStdin: { getTerminalStdin: terminal("stdin", TerminalInput) },
    terminalStdout: { getTerminalStdout: terminal("stdout", TerminalOutput) },
    terminalStderr: { getTerminalStderr: terminal("stderr", TerminalOutput) },
  };
}
