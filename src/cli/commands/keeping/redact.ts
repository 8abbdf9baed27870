import {
  type Journal,
  type Redaction,
  type Seq,
  type TapeSpan,
  redact as remove,
} from "../../../../journal/index.ts";
import {
  type Elsewhere,
  type ElsewhereSearch,
  type RedactionPlan,
  type RedactionSubject,
  type RemovedTexts,
  elsewhere,
  lookup,
  openHistory,
  planRedaction,
  textsIn,
} from "../../../history/index.ts";
import {
  type Printable,
  counted,
  describeBytes,
  formatBytes,
  line,
  printable,
  printableName,
  table,
  words,
} from "../../../text/index.ts";
import { hintAt } from "../../asking/absence.ts";
import {
  type Define,
  type ReadingOptions,
  examples,
  readingOptions,
} from "../../command/command.ts";
import type { Context } from "../../command/context.ts";
import { NoAnswerError, UsageError, exits } from "../../command/failure.ts";
import { guestPath } from "../../asking/moment.ts";
import { type Progress, openProgress, percent } from "../../command/progress.ts";
import { withJournal } from "../../asking/reading.ts";

interface Options extends ReadingOptions {
  readonly dryRun?: true;
  readonly tokenFile?: string;
}

export const define: Define = (command, act) =>
  examples(
    readingOptions(command)
      .argument("<path|seq..seq>", "a file or folder with all below it, or a span of events")
      .option("-n, --dry-run", "show what would be removed, and remove nothing")
      .option(
        "--token-file <file>",
        "of a journal in a depot: the file with a token of scope read,erase (default: $REWINDFS_DEPOT_TOKEN)",
      )
      .action((subject: string, options: Options) =>
        act(options, (context) => redact(context, subject, options)),
      ),
    [
      ["rewindfs redact /home/key.pem --dry-run", "which writes would lose their bytes"],
      ["rewindfs redact /home/key.pem", "everything ever written to any file at that path"],
      ["rewindfs redact 812..830", "what these events wrote"],
      [
        "rewindfs -j depot://depot.example/4f1c… redact /home/key.pem",
        "in a depot, and only there",
      ],
    ],
  ).addHelpText(
    "after",
    `
Removes bytes written into files, for good: no undo brings them back, though copies of the journal still have them.
Names, link targets, arguments and the names of environment variables stay, as do copies of the same bytes that the
guest wrote elsewhere. If the bytes of a write (8 to 4,096 of them, without surrounding blanks) remain in any of these,
the end of the output lists the events; rewindfs grep --history finds the rest.`,
  );

async function redact(context: Context, text: string, options: Options): Promise<number> {
  const subject = subjectOf(text);
  const choose = (journal: Journal): RedactionPlan => {
    requireLeft(journal, subject);
    const plan = planRedaction(journal, subject);
    requireWrites(context, journal, text, plan);
    return plan;
  };
  using progress = openProgress(context);
  if (context.journal.startsWith("depot://")) {
    const { redactInDepot } = await import("../../fleet/redact-in-depot.ts");
    return await redactInDepot(context, options, choose, (plan, journal) => {
      print(context, plan, options);
      const texts = textsIn(journal, plan.spans);
      printElsewhere(context, look(journal, texts, progress, plan.spans), options);
    });
  }
  if (options.dryRun === true) {
    return withJournal(context, (journal) => {
      const plan = choose(journal);
      const found = look(journal, textsIn(journal, plan.spans), progress, plan.spans);
      print(context, plan, options);
      if (options.json !== true) context.talk.line(words("nothing was removed"));
      printElsewhere(context, found, options);
      return exits.done;
    });
  }
  const { openReader } = await import("../../../../journal/index.ts");
  // A missing journal must not be created.
  openReader(context.journal).close();
  let plan: RedactionPlan | undefined;
  let removed: RemovedTexts = { texts: [], isCut: false };
  const done = remove(context.journal, {
    what: text,
    choose: (journal) => {
      plan = choose(journal);
      removed = textsIn(journal, plan.spans);
      return plan.spans;
    },
    onScrub: () => progress.show(() => words("rewriting the file without the removed bytes")),
  });
  progress[Symbol.dispose]();
  // The result is printed first: the search takes a while, and may be interrupted or meet damage.
  if (plan !== undefined) print(context, plan, options, done);
  const exit = tellDone(context, done);
  context.out.flush();
  const found = await withJournal(context, (journal) => look(journal, removed, progress));
  printElsewhere(context, found, options);
  return exit;
}

/** Searches for copies of the removed bytes elsewhere in the journal, beyond the redaction's reach. */
function look(
  journal: Journal,
  removed: RemovedTexts,
  progress: Progress,
  except: readonly TapeSpan[] = [],
): ElsewhereSearch {
  const found = elsewhere(journal, removed, {
    except,
    onProgress: (looked, bytes) =>
      progress.show(() =>
        printable(`looking for it elsewhere: ${percent(looked, bytes)} of ${describeBytes(bytes)}`),
      ),
  });
  progress[Symbol.dispose]();
  return found;
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
    `events up to ${folded} are folded: it is unknown which of them wrote what`,
    "redact the rest by its path",
  );
}

function requireWrites(
  { now }: Context,
  journal: Journal,
  text: string,
  { targets, already }: RedactionPlan,
): void {
  if (targets.length > 0 || already > 0) return;
  const subject = subjectOf(text);
  if (!("path" in subject)) {
    const which = subject.first === subject.last ? `event ${subject.first}` : `the events ${text}`;
    throw new NoAnswerError(
      `${which} wrote nothing`,
      "rewindfs log --op write lists the events that did",
    );
  }
  const history = openHistory(journal, { now });
  const head = journal.head();
  const isThere = lookup(history.at(head), subject.path) !== undefined;
  throw new NoAnswerError(
    `nothing was ever written to ${text}`,
    isThere
      ? "rewindfs log --op write lists the writes; links are not followed"
      : hintAt(history, subject.path, head),
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
      out.json({ ...target, run, ...(leftover === undefined ? {} : { leftover: true }) });
    return;
  }
  const rows = targets.map(({ path, writes, bytes, first, last }): readonly Printable[] => [
    counted(writes, "write"),
    formatBytes(bytes),
    printable(first === last ? `#${first}` : `#${first}-#${last}`),
    printableName(path),
  ]);
  for (const text of table(rows, [{ align: "right" }, { align: "right" }, {}, {}])) out.line(text);
  if (already > 0) out.line(line`${counted(already, "write")} redacted already`);
}

/** Number of places that are listed. */
const mostPlaces = 20;

/** Lists the events of remaining copies, without showing the bytes again. */
function printElsewhere(
  { out, talk }: Context,
  { found, isCut }: ElsewhereSearch,
  { json }: Options,
): void {
  if (json === true) {
    for (const { where, seq, run, path } of found)
      out.json({ elsewhere: where, seq, run: run === 0 ? undefined : run, path });
    // A reader of this alone must not take it as complete.
    if (isCut) out.json({ elsewhere: "incomplete" });
  }
  if (isCut)
    talk.line(words("not all copies were searched for: rewindfs grep --history finds the others"));
  if (found.length === 0 || json === true) return;
  talk.line(line`the same bytes are left in ${counted(found.length, "other place")}:`);
  for (const { where, seq, path } of found.slice(0, mostPlaces)) {
    const place = path === undefined ? words("") : line`  ${printableName(path)}`;
    talk.line(line`  #${seq}  ${placeNames[where]}${place}`);
  }
  if (found.length > mostPlaces)
    talk.line(line`  and ${counted(found.length - mostPlaces, "more place")}; --json lists all`);
  const content = found.find(({ where }) => where === "content");
  const hints = [
    ...(content === undefined
      ? []
      : [
          content.run === 0
            ? `rewindfs redact ${content.path ?? ""} removes the rest of the bytes written there`
            : `rewindfs redact ${content.seq}..${content.seq} removes what event ${content.seq} wrote`,
        ]),
    ...(found.some(({ where }) => where !== "content")
      ? ["arguments and names stay: give the journal to nobody who may not read them"]
      : []),
  ];
  talk.line(printable(`Hint: ${hints.join("; ")}`));
}

const placeNames: Readonly<Record<Elsewhere["where"], Printable>> = {
  arguments: words("the arguments of a run"),
  environment: words("the name of a variable of a run"),
  path: words("a path"),
  target: words("the target of a link"),
  mark: words("the name of a mark"),
  reason: words("why a run ended"),
  content: words("written to"),
};

function tellDone({ talk }: Context, { run, spans, bytes, leftover, stray }: Redaction): number {
  if (run === undefined) talk.line(words("nothing was left to remove"));
  else {
    const removed = line`${describeBytes(bytes)} of ${counted(spans, "write")}`;
    talk.line(line`run ${run}: ${removed} removed for good`);
  }
  if (stray !== undefined)
    talk.line(printable(`${stray} may hold the same bytes: delete it when it is not needed`));
  if (leftover === undefined) return exits.done;
  talk.line(printable(`rewindfs: free pages of the file may hold them still: ${leftover.message}`));
  talk.line(words("Hint: run the same command again; it goes on where it stopped"));
  return exits.refused;
}
