import { isDeepStrictEqual } from "node:util";
import { z } from "zod";
import {
  type Undo,
  applyToHost,
  mark,
  planApply,
  planRestore,
  planUndo,
  redo,
  restore,
  undo,
  undoLabelled,
} from "../index.ts";
import { digestOf } from "./label.ts";
import { planUndoLabelled } from "../history/index.ts";
import { lastChange } from "./last-change.ts";
import { type Answer, ToolError, listed, named, say } from "./answers/answer.ts";
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
    name: "begin_turn",
    title: "Begin a turn",
    description:
      "Says that the user asked for something new: what is changed from now on is one turn, with a number, which undo takes back as a whole. Call it first in each turn, unless the client says its turns by itself.",
    input: { prompt: z.string().max(1_000_000).optional().describe("Only its digest is kept") },
    effect: "adds",
    call(it, { prompt }) {
      const number = it.beginTurn(prompt === undefined ? undefined : digestOf([prompt]));
      return say(`turn ${number} begins`, { turn: number });
    },
  }),
  presentTool({
    name: "undo",
    title: "Take back a run or a turn",
    description:
      "Takes back the last run that is not taken back, the one that is named, or all runs of a turn. It refuses where later runs changed the same paths.",
    input: {
      run: z.number().int().min(1).optional(),
      turn: z
        .union([z.number().int(), z.string().max(200)])
        .optional()
        .describe("The label turn of the runs, as runs and history show it"),
      plan: z.boolean().default(false),
    },
    effect: "replaces",
    call({ files, labels }, { run, turn, plan }) {
      if (turn !== undefined) {
        if (run !== undefined) throw new ToolError("give either run or turn");
        const done = plan
          ? planUndoLabelled(files.history, files.journal.head(), ["turn", String(turn)])
          : undoLabelled(files, "turn", String(turn), { labels });
        return allUndone(done, plan ? "would be" : "is");
      }
      const one = run ?? lastChange(files);
      const which = one === undefined ? {} : { run: one };
      const done = plan ? planUndo(files, which) : undo(files, { ...which, labels });
      return changed(`run ${done.run} ${plan ? "would be" : "is"} taken back`, done.changes);
    },
  }),
  presentTool({
    name: "redo",
    title: "Bring back what was undone",
    description: "Repeats what the last undo took back.",
    input: {},
    effect: "replaces",
    call({ files, labels }) {
      const done = redo(files, { labels });
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
    call({ files, labels }, { revision: to, paths, plan }) {
      const { changes } = plan
        ? planRestore(files, to, paths)
        : restore(files, to, paths, { labels });
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

function allUndone(done: readonly Undo[], verb: string): Answer {
  const pieces = done.flatMap(
    ({ run, changes }) => changed(`run ${run} ${verb} taken back`, changes).pieces,
  );
  return { pieces, data: { runs: done.map(({ run }) => run) } };
}

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
  return say(
    `${head}, ${changes.length} ${changes.length === 1 ? "path" : "paths"}:\n${listed(lines, "paths")}`.trimEnd(),
  );
}
