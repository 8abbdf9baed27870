import { isDeepStrictEqual } from "node:util";
import { z } from "zod";
import {
  applyToHost,
  mark,
  planApply,
  planRestore,
  planUndo,
  redo,
  restore,
  undo,
} from "../index.ts";
import { lastChange } from "./last-change.ts";
import { type Answer, ToolError, listed, named, say } from "./answer.ts";
import { type PresentTool, pathGiven, presentTool, revisionGiven as revision } from "./tool.ts";

/** Tools that change what is now; what was stays, and each can be taken back with undo. */
export const changingTools: readonly PresentTool[] = [
  presentTool({
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
  presentTool({
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
  presentTool({
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
  presentTool({
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
  presentTool({
    name: "apply_plan",
    title: "Show what would come to a folder of the machine",
    description: "Shows what is not yet in the folder that was brought in. Nothing is applied.",
    input: { folder: pathGiven.describe("The folder on the machine, as it was brought in") },
    effect: "reads",
    call({ files }, { folder }) {
      return planned(planApply(files, folder), "would come");
    },
  }),
  presentTool({
    name: "apply",
    title: "Bring changes to a folder of the machine",
    description: "Asks the person, and if they agree, brings what apply_plan shows to that folder.",
    input: { folder: pathGiven },
    effect: "replaces",
    turns: "own",
    async call(it, { folder }) {
      const plan = await it.inTurn(() => planApply(it.files, folder));
      if (plan.changes.length === 0) return planned(plan, "would come");
      // Other calls go on while the person thinks.
      const answer = await it.ask(questionOf(plan));
      if (answer === undefined)
        throw new ToolError(
          `applying needs a person, and this client cannot ask one: run "rewindfs apply" in a terminal`,
        );
      if (!answer) return say("the person did not agree: nothing was applied");
      return await it.inTurn(() => {
        if (!isDeepStrictEqual(planApply(it.files, folder), plan))
          throw new ToolError("what would come is no longer what the person agreed to; ask again");
        return planned(applyToHost(it.files, folder), "came");
      });
    },
  }),
];

type Plan = ReturnType<typeof planApply>;

function questionOf({ host, changes }: Plan): string {
  const lines = changes
    .slice(0, 20)
    .map(
      ({ change, path, warning }) =>
        `${change} ${named(path)}${warning === undefined ? "" : ` (${warning})`}`,
    );
  const more = changes.length > lines.length ? ["…"] : [];
  return [`Bring ${changes.length} changes to ${named(host)}?`, ...lines, ...more].join("\n");
}

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
