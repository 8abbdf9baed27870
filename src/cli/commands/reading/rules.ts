import type { Journal, Seq } from "../../../../journal/index.ts";
import { type Judged, type Rule, judgePast, ruleText } from "../../../rules/index.ts";
import {
  type Style,
  counted,
  joined,
  line,
  printable,
  printableName,
  words,
} from "../../../text/index.ts";
import { withJournal } from "../../asking/reading.ts";
import { runIn } from "../../asking/run-number.ts";
import {
  type Define,
  type ReadingOptions,
  examples,
  readingOptions,
} from "../../command/command.ts";
import type { Context } from "../../command/context.ts";
import { UsageError, exits } from "../../command/failure.ts";
import { rulesOfFile } from "../../config/rules.ts";

interface Options extends ReadingOptions {
  readonly run?: string;
  readonly all?: true;
}

export const define: Define = (command, act) =>
  examples(
    readingOptions(command)
      .argument("<what>", "check: is the file in order; test: what it would have decided")
      .argument("<file>", "rules, as [[rules]] in TOML")
      .argument("[journal]", "the journal of the runs to test it with")
      .option("-r, --run <n>", "only this run; -1 is the last")
      .option("--all", "list every event that a rule says something of, not the first of each rule")
      .action((what: string, file: string, journal: string | undefined, options: Options) =>
        act(journal === undefined ? options : { ...options, journal }, (context) =>
          rules(context, what, file, options),
        ),
      ),
    [
      ["rewindfs rules check rules.toml", "exit with 2 and a line, if it makes no sense"],
      ["rewindfs rules test rules.toml rewind.db", "what it would have decided on all runs there"],
      ["rewindfs rules test rules.toml --run -1 --json", "on the last run, for a machine"],
    ],
  ).addHelpText(
    "after",
    `
Exit with 1 if the rules would have denied or asked. docs/rules.md has what a rule can say.`,
  );

async function rules(
  context: Context,
  what: string,
  file: string,
  options: Options,
): Promise<number> {
  const list = await rulesOfFile(file);
  if (what === "check") {
    if (options.json === true)
      for (const rule of list) context.out.json({ ...rule, text: ruleText(rule) });
    else context.out.line(line`${counted(list.length, "rule")}`);
    return exits.done;
  }
  if (what === "test")
    return await withJournal(context, (journal) => test(context, journal, list, options));
  throw new UsageError(`there is no rules ${what}`, "there is rules check and rules test");
}

/** The number of events of each rule that are listed unless all are asked for. */
const firstOnes = 5;

async function test(
  context: Context,
  journal: Journal,
  list: readonly Rule[],
  { run, all, json }: Options,
): Promise<number> {
  const { out, talk } = context;
  const { replay, tapeOf } = await import("../../../history/index.ts");
  const base = journal.base()?.seq ?? 0;
  const wanted = run === undefined ? undefined : runIn(journal, run);
  const [first, last] = [wanted?.first ?? base + 1, wanted?.last ?? journal.head()];
  const before = replay(journal, Math.max(first - 1, base) as Seq);
  const counts = new Map<string, number>();
  let [events, decided] = [0, 0];
  const past = journal.query({ first, last });
  for (const judged of judgePast(list, before, past, tapeOf(journal))) {
    events += 1;
    const { ruling } = judged;
    if (ruling !== undefined && ruling.outcome !== "passes") decided += 1;
    if (json === true) out.json(judgedJson(judged));
    if (ruling === undefined) continue;
    const key = `${ruling.action} ${ruling.rule}`;
    const count = (counts.get(key) ?? 0) + 1;
    counts.set(key, count);
    if (json !== true && (all === true || count <= firstOnes)) printJudged(context, judged);
  }
  if (json !== true) {
    for (const rule of list.filter(({ action }) => action !== "allow")) {
      const count = counts.get(`${rule.action} ${ruleText(rule)}`) ?? 0;
      out.line(
        line`${out.paint(styles[rule.action], printable(rule.action.padEnd(5)))} ${counted(count, "event")}  ${printable(ruleText(rule))}`,
      );
    }
    out.line(
      line`allow ${counted(events - [...counts.values()].reduce((sum, one) => sum + one, 0), "event")}`,
    );
  }
  if (events === 0) talk.line(words("no program changed anything there"));
  return decided === 0 ? exits.done : exits.no;
}

const styles: Readonly<Record<Rule["action"], Style>> = {
  allow: "dim",
  deny: "refused",
  ask: "changed",
  mark: "moved",
};

function printJudged({ out }: Context, { event, ruling }: Judged): void {
  if (ruling === undefined) return;
  const { action, operation, path, rule } = ruling;
  const head = joined([
    printable(`#${event.seq}`),
    out.paint(styles[action], words(action)),
    words(operation),
    printableName(path),
  ]);
  out.line(line`${head} (${printable(rule)})`);
}

function judgedJson({ event, ruling }: Judged): Readonly<Record<string, unknown>> {
  const path = "path" in event ? event.path : undefined;
  const head = { seq: event.seq, run: event.run, op: event.kind, path };
  if (ruling === undefined) return { ...head, action: "allow" };
  const { action, rule, operation, path: where } = ruling;
  return { ...head, action, rule, operation, touched: where };
}
