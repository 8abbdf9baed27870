import { realpathSync } from "node:fs";
import { isatty } from "node:tty";
import { setTimeout } from "node:timers/promises";

import { JournalError, filesOf, resolvePath } from "../../../../journal/index.ts";
import { openHistory } from "../../../history/index.ts";
import { foldersOf, importChanges } from "../../../host/index.ts";
import { counted, line, printable, printableName } from "../../../text/index.ts";
import { type CommonOptions, type Define, collect, examples } from "../../command/command.ts";
import type { Context } from "../../command/context.ts";
import { exits } from "../../command/failure.ts";
import { type Told, toldBy } from "../../hook/told.ts";
import { hasWork, turnOf } from "../../hook/turn.ts";
import { askAboutSize } from "../../run/asked-size.ts";
import { type ImportScope, excludeOptions } from "../../run/exclude-options.ts";
import { labelsOf } from "../../run/labels.ts";
import { type Mount, parseMount } from "../../run/run-options.ts";
import { type Live, writing } from "../../asking/writing.ts";

interface Options extends CommonOptions {
  readonly dir: string;
  readonly label?: readonly string[];
  readonly all?: true;
  readonly maxSize?: string;
}

export const define: Define = (command, act) => {
  const scopeOf = excludeOptions(command);
  return examples(
    command
      .argument("[json]", "what the agent tells; read from stdin unless given")
      .option("--dir <host::path>", "the folder that the agent works in", ".::/")
      .option(
        "--label <name=text>",
        "a word to find the runs by, such as agent=claude (repeatable)",
        collect,
      )
      .action((json: string | undefined, options: Options) =>
        act(options, async (context) => {
          const told = toldBy(json ?? (await inputText()));
          const typed = labelsOf(options.label ?? [], context.env, (note) =>
            context.talk.line(note),
          );
          const mount = parseMount(options.dir);
          return await record(context, mount, scopeOf(options), withTyped(told, typed));
        }),
      ),
    [
      ["rewindfs hook", "as the hook of an agent, which tells on stdin what it does"],
      ["rewindfs undo --label turn=7", "take back turn 7 in the journal"],
      ["rewindfs apply .", "and in the folder"],
    ],
  ).addHelpText(
    "after",
    `
Records what changed in the folder since the last time, labelled with the agent's session, turn, tool and
call; docs/agents.md has the configurations of the usual agents. It prints nothing that an agent would take
for an answer, and never ends with 2, which would stop one. Git's own folder stays out, unless --include .git.`,
  );
};

function withTyped(told: Told, typed: ReadonlyMap<string, string> | undefined): Told {
  return { ...told, labels: new Map([...told.labels, ...(typed ?? [])]) };
}

/** Records what changed, and where a turn begins that as well. */
function record(
  context: Context,
  mount: Mount,
  { exclude, cap }: ImportScope,
  told: Told,
): Promise<number> {
  const host = realpathSync(mount.host);
  const rules = [{ kind: "exclude", glob: "/.git" } as const, ...exclude.rules];
  const scope = { cap, exclude: { ...exclude, rules } };
  return patiently(context, ({ journal, files }) => {
    const runs = journal.runs();
    const isKnown = foldersOf(runs).some(
      (folder) => folder.host === host && folder.guest === mount.guest,
    );
    if (!isKnown) askAboutSize(context, [host], scope);
    const turn = turnOf(runs, told);
    const ofTurn = new Map([...told.labels, ["turn", String(turn)]]);
    // A folder that comes in for the first time is no agent's work, nor is what changed before a turn.
    const isWork = isKnown && (told.at === "step" || told.at === "end");
    const skipped: string[] = [];
    const outcome = importChanges(files, host, mount.guest, {
      history: openHistory(journal, { now: context.now }),
      leaveOut: [context.journal, ...filesOf(resolvePath(context.journal))],
      exclude: scope.exclude,
      undone: "is applied",
      labels: isWork ? ofTurn : without(told.labels, "prompt"),
      onSkip: ({ path }) => void skipped.push(path),
    });
    // The beginning of a turn is kept, and the end of one in which something was done: what comes next depends on it.
    const isKept =
      told.at === "begin" || (outcome === undefined && told.at === "end" && hasWork(runs, told));
    if (isKept) {
      const facts = { args: [], environment: [], digest: "" };
      const guest = told.at === "begin" ? `turn ${turn}` : `end of turn ${turn}`;
      files.begin({ cause: "library", guest, labels: ofTurn, ...facts });
      files.end({ exit: 0 });
    }
    const { conflicts = [] } = outcome ?? {};
    if (skipped.length > 0)
      context.talk.line(
        line`rewindfs: ${counted(skipped.length, "path")} could not be read, such as ${printableName(skipped[0] ?? "")}`,
      );
    for (const { path, reason } of conflicts)
      context.talk.line(line`rewindfs: not recorded: ${printableName(path)}: ${printable(reason)}`);
    return conflicts.length > 0 ? exits.no : exits.done;
  });
}

function without(labels: ReadonlyMap<string, string>, name: string): ReadonlyMap<string, string> {
  return new Map([...labels].filter(([key]) => key !== name));
}

/** Milliseconds to wait for another hook, which an agent may run at the same time, and between two tries. */
const longestWait = 30_000;
const betweenTries = 50;

async function patiently(context: Context, body: (live: Live) => number): Promise<number> {
  const end = performance.now() + longestWait;
  for (;;) {
    try {
      return await writing(context, { journal: "is made" }, body);
    } catch (error) {
      const isLocked = error instanceof JournalError && error.code === "locked";
      if (!isLocked || performance.now() > end) throw error;
      await setTimeout(betweenTries);
    }
  }
}

/** Most bytes that an agent tells: it tells what its tools answered, too. */
const mostTold = 64 * 1024 * 1024;

/**
 * Reads what is on stdin, whenever it comes; nothing from a terminal, where nobody would know what to type. What is
 * longer is no JSON any more.
 */
async function inputText(): Promise<string> {
  if (isatty(0)) return "";
  const parts: Buffer[] = [];
  let left = mostTold;
  for await (const part of process.stdin as AsyncIterable<Buffer>) {
    parts.push(part);
    left -= part.length;
    if (left < 0) break;
  }
  return Buffer.concat(parts).toString("utf8");
}
