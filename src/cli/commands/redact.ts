import {
  type Journal,
  type Redaction,
  type Seq,
  redact as remove,
} from "../../../journal/index.ts";
import { type RedactionPlan, type RedactionSubject, planRedaction } from "../../history/index.ts";
import {
  type Printable,
  counted,
  describeBytes,
  formatBytes,
  line,
  printable,
  printableJson,
  table,
  words,
} from "../../text/index.ts";
import { type Define, type ReadingOptions, examples, readingOptions } from "../command.ts";
import type { Context } from "../context.ts";
import { NoAnswerError, UsageError, exits } from "../failure.ts";
import { guestPath } from "../moment.ts";
import { openProgress } from "../progress.ts";
import { withJournal } from "../reading.ts";

interface Options extends ReadingOptions {
  readonly dryRun?: true;
}

export const define: Define = (command, act) =>
  examples(
    readingOptions(command)
      .argument("<path|seq..seq>", "a file or folder with all below it, or a span of events")
      .option("-n, --dry-run", "tell what would be removed, and remove nothing")
      .action((subject: string, options: Options) =>
        act(options, (context) => redact(context, subject, options)),
      ),
    [
      ["rewindfs redact /home/key.pem --dry-run", "which writes would lose their bytes"],
      ["rewindfs redact /home/key.pem", "all that was ever written to what ever had that path"],
      ["rewindfs redact 812..830", "what these events wrote"],
    ],
  ).addHelpText(
    "after",
    `
Removed is what was written into files, for good: no undo brings it back, and copies of the journal have it still.
Not removed are names, link targets, arguments and the names of environment variables, nor copies of the same bytes
that the guest wrote elsewhere: rewindfs grep --history finds those.`,
  );

async function redact(context: Context, text: string, options: Options): Promise<number> {
  const subject = subjectOf(text);
  let plan: RedactionPlan | undefined;
  if (options.dryRun === true) {
    plan = await withJournal(context, (journal) => {
      requireLeft(journal, subject);
      return planRedaction(journal, subject);
    });
    print(context, plan, options);
    requireWrites(text, plan);
    if (options.json !== true) context.talk.line(words("nothing was removed"));
    return exits.done;
  }
  using progress = openProgress(context);
  const { openReader } = await import("../../../journal/index.ts");
  // A journal that is not there must not be made.
  openReader(context.journal).close();
  const done = remove(context.journal, {
    what: text,
    choose: (journal) => {
      requireLeft(journal, subject);
      plan = planRedaction(journal, subject);
      requireWrites(text, plan);
      return plan.spans;
    },
    onScrub: () => progress.show(() => words("writing the file anew, without what was removed")),
  });
  if (plan !== undefined) print(context, plan, options, done);
  return tellDone(context, done);
}

function subjectOf(text: string): RedactionSubject {
  const [, first, last] = /^#?(\d{1,15})\.\.#?(\d{1,15})$/.exec(text) ?? [];
  if (first === undefined) return { path: guestPath(text) };
  if (Number(first) > Number(last))
    throw new UsageError(`${text} is no span of events`, "give the earlier first");
  return { first: Number(first) as Seq, last: Number(last) as Seq };
}

function requireLeft(journal: Journal, subject: RedactionSubject): void {
  const folded = journal.base()?.seq ?? 0;
  if ("path" in subject || subject.first > folded) return;
  throw new UsageError(
    `events up to ${folded} are folded: which of them wrote what is not known`,
    "what is left of them can be redacted by its path",
  );
}

function requireWrites(text: string, { targets, already }: RedactionPlan): void {
  if (targets.length > 0 || already > 0) return;
  throw new NoAnswerError(
    `nothing was ever written to ${text}`,
    "rewindfs log --op write lists what was; a link is not followed",
  );
}

function print(
  { out }: Context,
  { targets, already }: RedactionPlan,
  { json }: Options,
  done?: Redaction,
): void {
  if (json === true) {
    const { run, leftover } = done ?? {};
    for (const target of targets)
      out.line(
        printableJson({ ...target, run, ...(leftover === undefined ? {} : { leftover: true }) }),
      );
    return;
  }
  const rows = targets.map(({ path, writes, bytes, first, last }): readonly Printable[] => [
    counted(writes, "write"),
    formatBytes(bytes),
    printable(first === last ? `#${first}` : `#${first}-#${last}`),
    printable(path),
  ]);
  for (const text of table(rows, [{ align: "right" }, { align: "right" }, {}, {}])) out.line(text);
  if (already > 0) out.line(line`${counted(already, "write")} redacted already`);
}

function tellDone({ talk }: Context, { run, spans, bytes, leftover, stray }: Redaction): number {
  if (run === undefined) talk.line(words("nothing was left to remove"));
  else {
    const what = line`${describeBytes(bytes)} of ${counted(spans, "write")}`;
    talk.line(line`run ${run}: ${what} removed for good`);
  }
  if (stray !== undefined)
    talk.line(printable(`${stray} may hold the same bytes: delete it when it is not needed`));
  if (leftover === undefined) return exits.done;
  talk.line(printable(`rewindfs: free pages of the file may hold them still: ${leftover.message}`));
  talk.line(words("Hint: run the same command again; it goes on where it stopped"));
  return exits.refused;
}
