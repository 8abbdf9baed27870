import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { constants, tmpdir } from "node:os";
import { join } from "node:path";

import type { Seq } from "../../../../journal/index.ts";
import { Budget, type History, bisect } from "../../../history/index.ts";
import { type ExportOptions, type Skip, exportDirectory } from "../../../host/index.ts";
import { formatClock, joined, line, printable, printableName, words } from "../../../text/index.ts";
import { type BoundOptions, boundFlag, parseBounds } from "../../asking/bounds.ts";
import { commandLineOf } from "../../command/command-line.ts";
import {
  type Define,
  type ReadingOptions,
  collect,
  examples,
  readingOptions,
  revisionOf,
  separateRest,
} from "../../command/command.ts";
import type { Context } from "../../command/context.ts";
import { eventJson } from "../../text/event-json.ts";
import { eventRow } from "../../text/event-row.ts";
import { sizesFrom } from "../../asking/event-sizes.ts";
import { NoAnswerError, UsageError, exits } from "../../command/failure.ts";
import { baseSizes, withHistory } from "../../asking/reading.ts";
import { type VerifyingOptions, requireVerified, unverifiedFlag } from "../../asking/verified.ts";

export const define: Define = (command, act) => {
  const rest = separateRest(command);
  return examples(
    readingOptions(command)
      .usage("[options] FROM TO -- COMMAND...")
      .argument("<from>", "a moment at which COMMAND succeeds")
      .argument("<to>", "a later moment at which it fails")
      .option(
        "--with-git",
        "git's own files too: git runs commands from its hooks and configuration",
      )
      .option(...unverifiedFlag)
      .option(...boundFlag, collect)
      .action((from: string, to: string, options: Options) =>
        act(options, (context) => {
          const [program, ...args] = rest().items;
          if (program === undefined) {
            throw new UsageError(
              "there is no command to try",
              "rewindfs bisect FROM TO -- COMMAND",
            );
          }
          return find(context, { from, to, program, args }, options);
        }),
      ),
    [
      [
        "rewindfs bisect 0 @ -- test ! -f out/report.txt",
        "find the event that made it; each test runs in a copy",
      ],
      ["rewindfs bisect mark:good @ -- sh -c 'grep -q total out.csv'", "$REWINDFS_SEQ tells which"],
    ],
  );
};

interface Options extends ReadingOptions, BoundOptions, VerifyingOptions {
  readonly withGit?: true;
}

interface Question {
  readonly from: string;
  readonly to: string;
  readonly program: string;
  readonly args: readonly string[];
}

function find(context: Context, question: Question, options: Options): Promise<number> {
  const { json } = options;
  const bounds = parseBounds(options);
  requireVerified(context, "tried", options);
  const told = new Set<string>();
  const exporting = {
    git: options.withGit === true ? "take" : "leave",
    onSkip: ({ path, reason }: Skip) => {
      if (!told.has(path))
        context.talk.line(line`left out ${printableName(path)}: ${printable(reason)}`);
      told.add(path);
    },
  } as const;
  return withHistory(context, async (history) => {
    const [good, bad] = [question.from, question.to].map((text) =>
      history.resolve(revisionOf(text)),
    );
    if (good === undefined || bad === undefined || good >= bad) {
      throw new UsageError(
        `${question.from} does not come before ${question.to}`,
        "give the earlier moment first",
      );
    }
    const holds = (seq: Seq) =>
      succeeds(context, history, seq, question, {
        ...exporting,
        budget: new Budget("the copy", bounds),
      });
    if (!holds(good))
      throw new NoAnswerError(`the command fails at ${question.from} already`, "begin earlier");
    if (holds(bad))
      throw new NoAnswerError(
        `the command succeeds at ${question.to}, too`,
        "end later; and it runs in a copy of each state, so that /a/b is a/b to it",
      );
    const event = history.journal.event(await bisect(good, bad, holds));
    if (event === undefined) throw new Error("the event that was found is not in the journal");
    const { out } = context;
    if (json === true) {
      const sizes = sizesFrom(history.journal, await baseSizes(context, history.journal));
      out.json(eventJson(event, sizes(event)));
      return exits.done;
    }
    const length = "length" in event ? event.length : 0;
    const { op, path, to } = eventRow({ event, count: 1, bytes: length }, context.glyphs);
    const place = to === undefined ? path : joined([path, context.glyphs.arrow, to]);
    out.line(line`#${event.seq}  ${formatClock(event.time)}  ${op}  ${place}`);
    const run = history.journal.run(event.run);
    if (run !== undefined) out.line(line`${words("run")} ${run.run}  ${commandLineOf(run.start)}`);
    return exits.done;
  });
}

/** Runs the command in a temporary copy of the state. Its output goes to stderr. */
function succeeds(
  { talk, out, env }: Context,
  history: History,
  seq: Seq,
  { program, args }: Question,
  options: ExportOptions,
): boolean {
  const folder = mkdtempSync(join(tmpdir(), "rewindfs-bisect-"));
  try {
    const directory = join(folder, "state");
    exportDirectory(history.at(seq), history.journal, directory, options);
    out.flush();
    const { status, signal, error } = spawnSync(program, args, {
      cwd: directory,
      env: { ...env, REWINDFS_SEQ: String(seq) },
      stdio: ["ignore", 2, 2],
    });
    if (error !== undefined) {
      const isMissing = "code" in error && error.code === "ENOENT";
      throw new UsageError(
        `cannot run ${program}: ${isMissing ? "there is no such program" : error.message}`,
        "give a command of this machine after --",
      );
    }
    if (signal === "SIGINT") throw new NoAnswerError(`${program} was interrupted`);
    const ending = signal === null ? `exit ${status}` : `${signal} (${constants.signals[signal]})`;
    talk.line(talk.paint("dim", printable(`event ${seq}: ${ending}`)));
    return status === 0;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
