import { z } from "zod";
import { globMatcher, isGlob } from "../history/index.ts";
import { type History, blame, diff, diffContent, findings, matchingPaths, page } from "../index.ts";
import {
  type Answer,
  ToolError,
  listed,
  mostCharacters,
  mostEntries,
  named,
  say,
} from "./answers/answer.ts";
import { callWords, eventWords, runWords } from "./answers/event-words.ts";
import { textPage } from "./answers/text-page.ts";
import { lastChange } from "./last-change.ts";
import {
  type PastTool,
  globGiven,
  pastTool,
  pathGiven,
  revisionGiven as revision,
} from "./tool.ts";

const path = pathGiven.describe("An absolute path in the recorded filesystem");

/** Tools that look at what was, and change nothing. */
export const pastTools: readonly PastTool[] = [
  pastTool({
    name: "history",
    title: "List what was done",
    description:
      "Lists events, the newest first: their numbers, runs, and what they did to which path. path takes one path, or a glob such as src/**; go on with before.",
    input: {
      path: globGiven.optional(),
      run: z.number().int().min(1).optional(),
      limit: z.number().int().min(1).max(mostEntries).default(50),
      before: z.number().int().min(1).optional(),
    },
    effect: "reads",
    call({ journal }, { path: only, run, limit, before }) {
      const query = {
        order: "reverse" as const,
        ...(run === undefined ? {} : { run }),
        ...(before === undefined ? {} : { last: before - 1 }),
        ...(only === undefined ? {} : { paths: pathsOf(journal, only) }),
      };
      const { events, next } = page(journal, query, limit);
      if (events.length === 0) return say("nothing was done there");
      const more = next === undefined ? [] : [`(go on with before: ${next + 1})`];
      const starts = new Map(journal.runs().map((one) => [one.run, one.start]));
      const lines = events.map((event) => eventWords(event, starts.get(event.run)));
      return say([...lines, ...more].join("\n"));
    },
  }),
  pastTool({
    name: "runs",
    title: "List runs",
    description: "Lists runs, the newest first: each call of a tool that changed something is one.",
    input: { limit: z.number().int().min(1).max(mostEntries).default(50) },
    effect: "reads",
    call({ journal }, { limit }) {
      const runs = journal.runs().toReversed();
      const left = runs.length > limit ? [`(${runs.length - limit} older ones are left out)`] : [];
      return say(
        [...runs.slice(0, limit).map(runWords), ...left].join("\n") || "there was no run yet",
      );
    },
  }),
  pastTool({
    name: "diff",
    title: "Compare two moments",
    description:
      "Lists what changed between two moments; by default what the last run changed. With path, the changed lines of that file.",
    input: { from: revision.optional(), to: revision.default("@"), path: path.optional() },
    effect: "reads",
    call(past, { from = `run:${lastChange(past) ?? -1}^`, to, path: only }) {
      if (only !== undefined) return contentDiff(past, only, from, to);
      const changes = diff(past, { from, to });
      if (changes.length === 0) return say("nothing changed");
      const lines = changes.map(({ change, path: at, from: before }) =>
        before === undefined
          ? `${change} ${named(at)}`
          : `${change} ${named(before)} -> ${named(at)}`,
      );
      return say(listed(lines, "changes"));
    },
  }),
  pastTool({
    name: "read_at",
    title: "Read a file as it was",
    description:
      "Reads a text file as it was at a moment; from_line goes on where a long answer was cut.",
    input: { path, revision, from_line: z.number().int().min(1).optional() },
    effect: "reads",
    call(past, given) {
      const state = past.state(given.revision);
      const { size } = state.stat(given.path);
      if (size > mostBytes)
        throw new ToolError(
          `${named(given.path)} had ${size} bytes: more than ${mostBytes} are not read as text`,
        );
      const bytes = state.readFile(given.path);
      return textPage(Buffer.from(bytes).toString("utf8"), given.path, {
        from_line: given.from_line,
      });
    },
  }),
  pastTool({
    name: "list_at",
    title: "List a directory as it was",
    description: "Lists a directory as it was at a moment.",
    input: { path, revision },
    effect: "reads",
    call(past, given) {
      const entries = past.state(given.revision).readdir(given.path);
      return say(
        listed(
          entries.map(({ type, name }) => `[${type.toUpperCase()}] ${named(name)}`),
          "entries",
        ),
      );
    },
  }),
  pastTool({
    name: "blame",
    title: "Tell who wrote each line",
    description: "Gives for each line of a file the event and the run that it comes from.",
    input: { path, revision: revision.default("@") },
    effect: "reads",
    call(past, given) {
      const runs = past.journal.runs();
      const lines = blame(past, given.path, { at: given.revision }).map(
        ({ firstLine, lastLine, seq }) => {
          const run = runs.findLast(({ first }) => first <= seq);
          const who =
            run === undefined
              ? "no run"
              : `run ${run.run}, ${named(run.start.guest)}${callWords(run.start)}`;
          return `lines ${firstLine}-${lastLine}: event ${seq}, ${who}`;
        },
      );
      return say(listed(lines, "spans") || "the file is empty");
    },
  }),
  pastTool({
    name: "findings",
    title: "List what deserves a look",
    description: "Lists what in the record deserves a person's look, the most urgent first.",
    input: { from: revision.optional(), to: revision.optional() },
    effect: "reads",
    async call(past, { from, to }) {
      const found = await findings(past, {
        runs: "all",
        ...(from === undefined ? {} : { from }),
        ...(to === undefined ? {} : { to }),
      });
      const lines = found.findings.map(
        ({ level, path: at, reason, seq }) => `${level}: ${named(at)}: ${reason} (event ${seq})`,
      );
      return say(listed(lines, "findings") || "nothing was found that deserves a look");
    },
  }),
];

/** Most bytes of a file that are read as text. */
const mostBytes = 16 * 1024 * 1024;

function pathsOf(journal: History["journal"], only: string): string[] {
  return isGlob(only) ? matchingPaths(journal, globMatcher(only)) : [only];
}

function contentDiff(
  past: History,
  at: string,
  from: string | number,
  to: string | number,
): Answer {
  const content = diffContent(past, at, { from, to });
  switch (content.kind) {
    case "text": {
      const lines = content.hunks.flatMap((hunk) => [
        `@@ -${hunk.beforeStart},${hunk.beforeLines} +${hunk.afterStart},${hunk.afterLines} @@`,
        ...hunk.lines.map(({ sign, text }) => sign + text),
      ]);
      const text = lines.join("\n");
      const cut =
        text.length > mostCharacters ? [{ words: `(cut after ${mostCharacters} characters)` }] : [];
      const head = { words: `${named(at)}: +${content.added} -${content.removed} lines` };
      return { pieces: [head, { content: text.slice(0, mostCharacters), path: at }, ...cut] };
    }
    case "bytes":
      return say(
        `${named(at)}: bytes changed at ${listed(
          content.ranges.map(({ start, end }) => `${start}-${end}`),
          "ranges",
        )}`,
      );
    case "target":
      return say(
        `${named(at)}: its target was ${named(content.before)} and is ${named(content.after)}`,
      );
    case "unread":
      return say(
        `${named(at)}: the bytes ${content.side} were never read, and the host no longer has them`,
      );
    case "none":
      return say(`${named(at)} is the same at both moments`);
  }
}
