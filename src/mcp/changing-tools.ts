import { z } from "zod";
import {
  applyToHost,
  mark,
  planApply,
  planRestore,
  planUndo,
  profiles,
  redo,
  restore,
  runGuest,
  undo,
} from "../index.ts";
import { lastChange } from "./last-change.ts";
import { type Answer, ToolError, listed, mostCharacters, named, say } from "./answer.ts";
import { type Tool, pathGiven, tool } from "./tool.ts";

const revision = z.union([z.string(), z.number().int().min(0)]).describe("A moment, as for diff");

/** Tools that change what is now; what was stays, and each can be taken back with undo. */
export const changingTools: readonly Tool[] = [
  tool({
    name: "mark",
    title: "Name a moment",
    description: "Gives a moment a name, for mark:NAME.",
    input: { name: z.string().max(255), revision: revision.default("@") },
    effect: "adds",
    call({ files }, given) {
      mark(files, given.name, given.revision);
      return say(`mark:${named(given.name)} is event ${files.history.resolve(given.revision)}`);
    },
  }),
  tool({
    name: "undo",
    title: "Take back a run",
    description:
      "Takes back the last run that is not taken back, or the one that is named. It refuses where later runs changed the same paths.",
    input: { run: z.number().int().min(1).optional(), plan: z.boolean().default(false) },
    effect: "replaces",
    call({ files }, { run = lastChange(files), plan }) {
      const which = run === undefined ? {} : { run };
      const done = plan ? planUndo(files, which) : undo(files, which);
      return changed(`run ${done.run} ${plan ? "would be" : "is"} taken back`, done.changes);
    },
  }),
  tool({
    name: "redo",
    title: "Bring back what was undone",
    description: "Repeats what the last undo took back.",
    input: {},
    effect: "replaces",
    call({ files }) {
      const done = redo(files);
      return changed(`run ${done.run} is there again`, done.changes);
    },
  }),
  tool({
    name: "restore",
    title: "Put paths back",
    description:
      "Puts everything, or some paths and all below them, back to what they were at a moment.",
    input: {
      revision,
      paths: z.array(pathGiven).min(1).max(1_000).optional(),
      plan: z.boolean().default(false),
    },
    effect: "replaces",
    again: "same",
    call({ files }, { revision: to, paths, plan }) {
      const { changes } = plan ? planRestore(files, to, paths) : restore(files, to, paths);
      return changed(plan ? "this would be put back" : "put back", changes);
    },
  }),
  tool({
    name: "run_python",
    title: "Run Python",
    description:
      "Runs a program in CPython 3.12 (WebAssembly) on the recorded filesystem. It has no network, and sees nothing else of the machine.",
    input: {
      code: z.string().max(1_000_000),
      args: z.array(z.string().max(100_000)).max(100).default([]),
      seconds: z.number().int().min(1).max(300).default(60),
    },
    effect: "replaces",
    call: (session, { code, args, seconds }, _, signal) =>
      session.lend(async () => {
        const output = new Output();
        const { run, outcome } = await runGuest({
          guest: "python",
          args: ["-c", code, ...args],
          journal: session.file,
          labels: new Map(Object.entries(session.labels)),
          limits: { ...profiles.default, seconds, "output-bytes": 4 * 1024 * 1024 },
          stdin: "ignore",
          stdout: output.take,
          stderr: output.take,
          signal,
        });
        const why = outcome.kind === "exited" ? "" : `, ${named(outcome.reason)}`;
        return {
          pieces: [{ words: `run ${run}: exit ${outcome.exit}${why}` }, ...output.pieces()],
          data: { run, exit: outcome.exit },
        };
      }),
  }),
  tool({
    name: "apply_plan",
    title: "Show what would come to a folder of the machine",
    description: "Shows what is not yet in the folder that was brought in. Nothing is applied.",
    input: { folder: pathGiven.describe("The folder on the machine, as it was brought in") },
    effect: "reads",
    call({ files }, { folder }) {
      return planned(planApply(files, folder), "would come");
    },
  }),
  tool({
    name: "apply",
    title: "Bring changes to a folder of the machine",
    description: "Asks the person, and if they agree, brings what apply_plan shows to that folder.",
    input: { folder: pathGiven },
    effect: "replaces",
    async call({ files }, { folder }, ask) {
      const plan = planApply(files, folder);
      if (plan.changes.length === 0) return planned(plan, "would come");
      const question = `Bring ${plan.changes.length} changes to ${named(plan.host)}?\n${plan.changes
        .slice(0, 20)
        .map(
          ({ change, path, warning }) =>
            `${change} ${named(path)}${warning === undefined ? "" : ` (${warning})`}`,
        )
        .join("\n")}${plan.changes.length > 20 ? "\n…" : ""}`;
      const answer = await ask(question);
      if (answer === undefined)
        throw new ToolError(
          `applying needs a person, and this client cannot ask one: run "rewindfs apply" in a terminal`,
        );
      if (!answer) return say("the person did not agree: nothing was applied");
      return planned(applyToHost(files, folder), "came");
    },
  }),
];

type Plan = ReturnType<typeof planApply>;

function planned({ host, changes, conflicts, left, gits }: Plan, verb: string): Answer {
  const lines = [
    ...changes.map(
      ({ change, path, warning }) =>
        `${change} ${named(path)}${warning === undefined ? "" : `: ${warning}`}`,
    ),
    ...conflicts.map(({ path }) => `conflict, stays as it is on both sides: ${named(path)}`),
    ...[...left, ...gits].map(({ path }) => `left: ${named(path)}`),
  ];
  return say(
    `${changes.length} changes ${verb} to ${named(host)}\n${listed(lines, "paths")}`.trimEnd(),
  );
}

function changed(head: string, changes: ReturnType<typeof planRestore>["changes"]): Answer {
  const lines = changes.map(({ change, path }) => `${change} ${named(path)}`);
  return say(`${head}, ${changes.length} paths:\n${listed(lines, "paths")}`.trimEnd());
}

/** The output of a program, as much as one answer may have. */
class Output {
  readonly #parts: Buffer[] = [];
  #length = 0;
  #lost = 0;

  readonly take = (bytes: Uint8Array): void => {
    const room = Math.max(0, mostCharacters - this.#length);
    const part = Buffer.from(bytes.subarray(0, room));
    if (part.length > 0) this.#parts.push(part);
    this.#length += part.length;
    this.#lost += bytes.length - part.length;
  };

  pieces(): Answer["pieces"] {
    const content = Buffer.concat(this.#parts).toString("utf8");
    const cut =
      this.#lost === 0 ? [] : [{ words: `(${this.#lost} more bytes of output are left out)` }];
    return content === "" ? cut : [{ content, path: "output" }, ...cut];
  }
}
