import { z } from "zod";
import { profiles, runGuest } from "../index.ts";
import { named } from "./answers/answer.ts";
import { exitOf, startCommand } from "./command.ts";
import { Output } from "./answers/output.ts";
import { type PresentTool, pathGiven, presentTool } from "./tool.ts";

const seconds = z.number().int().min(1).max(300).default(60);

/** Tools that run a program on the filesystem: what it changes is one run. */
export const programTools: readonly PresentTool[] = [
  presentTool({
    name: "run_python",
    title: "Run Python",
    description:
      "Runs a program in CPython 3.12 (WebAssembly) on the recorded filesystem. It has no network, and sees nothing else of the machine.",
    input: {
      code: z.string().max(1_000_000),
      args: z.array(z.string().max(100_000)).max(100).default([]),
      seconds,
    },
    effect: "replaces",
    call: (it, { code, args, ...given }) =>
      it.lend(async () => {
        const output = new Output();
        const { run, outcome } = await runGuest({
          guest: "python",
          args: ["-c", code, ...args],
          journal: it.file,
          labels: new Map(Object.entries(it.labels)),
          limits: { ...profiles.default, seconds: given.seconds, "output-bytes": 4 * 1024 * 1024 },
          stdin: "ignore",
          stdout: output.take,
          stderr: output.take,
          ...(it.signal === undefined ? {} : { signal: it.signal }),
        });
        const why = outcome.kind === "exited" ? "" : `, ${named(outcome.reason)}`;
        return {
          pieces: [{ words: `run ${run}: exit ${outcome.exit}${why}` }, ...output.pieces()],
          data: { run, exit: outcome.exit },
        };
      }),
  }),
  presentTool({
    name: "bash",
    title: "Run a command",
    description:
      "Runs a command in a shell of this machine, with the recorded filesystem as its working directory: give paths relative to that. It has no network, and can change nothing else of the machine. Linux only.",
    input: {
      command: z.string().min(1).max(100_000),
      directory: pathGiven.default("/").describe("Where it starts, from the filesystem's root /"),
      seconds,
    },
    effect: "replaces",
    call: (it, { command, directory, ...given }) =>
      it.lend(async () => {
        const output = new Output();
        const running = startCommand({
          journal: it.file,
          folder: it.folder,
          labels: it.labels,
          command,
          directory,
          seconds: given.seconds,
          signal: it.signal,
        });
        running.stdin.end();
        running.stdout.on("data", output.take);
        running.stderr.on("data", output.take);
        const exit = await exitOf(running);
        return { pieces: [{ words: `exit ${exit}` }, ...output.pieces()], data: { exit } };
      }),
  }),
];
