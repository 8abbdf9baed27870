import { lstatSync } from "node:fs";

import { type Run, type RunNumber, filesOf, resolvePath } from "../../../../journal/index.ts";
import { type Findings, findingsIn } from "../../../findings/index.ts";
import { writeWholeFile } from "../../../host/index.ts";
import { EventsOfPage, gather, pageOf } from "../../../report/index.ts";
import { counted, describeBytes, line, printable, words } from "../../../text/index.ts";
import { requirePath } from "../../asking/moment.ts";
import { withHistory } from "../../asking/reading.ts";
import { keepHeapSmall, processorTime } from "../../asking/long-search.ts";
import { type CommonOptions, type Define, examples } from "../../command/command.ts";
import { openProgress } from "../../command/progress.ts";
import { showingFindings } from "../../text/findings-text.ts";
import { ownRules } from "../../config/own-rules.ts";
import type { Context } from "../../command/context.ts";
import { UsageError, exits } from "../../command/failure.ts";

interface Options extends CommonOptions {
  readonly title?: string;
  readonly force?: true;
}

export const define: Define = (command, act) =>
  examples(
    command
      .argument("<file>", "the page to write, such as report.html")
      .option("--title <text>", "what stands at the top; the journal's name unless given")
      .option("--force", "write over a file that is there")
      .action((file: string, options: Options) =>
        act(options, (context) => report(context, file, options)),
      ),
    [
      ["rewindfs report report.html", "findings, changes, log and tree, for any browser"],
      ["rewindfs report --force --title 'Tidy, 24 Nov' out.html", "again, with a title"],
    ],
  ).addHelpText(
    "after",
    `
The page is one file that asks for nothing else. It holds parts of what programs wrote: give it to nobody who must not
see that. It says which texts look like secrets; none is masked.`,
  );

async function report(context: Context, file: string, options: Options): Promise<number> {
  requirePath(file, "the page to write", "for example report.html");
  if (options.force !== true && lstatSync(file, { throwIfNoEntry: false }) !== undefined)
    throw new UsageError(`${file} is there already`, "--force writes over it");
  // A page in its place would end the record.
  if (filesOf(resolvePath(context.journal)).includes(resolvePath(file)))
    throw new UsageError(`${file} belongs to the journal`, "give the page another name");
  return withHistory(context, async (history) => {
    keepHeapSmall(history.journal.head());
    const rules = await ownRules();
    const events = new EventsOfPage(history);
    // Reading an event takes longer than looking at it: those of the longest run are read once.
    const longest = longestOf(events.runs);
    const along = longest === undefined ? {} : { along: { run: longest, to: events } };
    using progress = openProgress(context);
    const onProgress = showingFindings(progress);
    const found = await findingsIn(history, { rules, now: processorTime, onProgress, ...along });
    progress.show(() => words("writing the page"));
    const title = options.title ?? context.journal;
    const data = gather(history, { title, found, events });
    const page = new TextEncoder().encode(pageOf(data));
    progress[Symbol.dispose]();
    writeWholeFile(file, page, { over: options.force === true });
    const size = describeBytes(page.length);
    context.talk.line(line`wrote ${printable(file)}: ${size}`);
    if (data.leftOut.length > 0)
      context.talk.line(line`${words("left out:")} ${printable(data.leftOut.join("; "))}`);
    tellSecrets(context, found, file);
    return exits.done;
  });
}

/** Says which texts of the page may be secrets: a page is made to be given to others. */
function tellSecrets({ talk }: Context, { findings, more }: Findings, file: string): void {
  const secrets = findings.filter(({ rule }) => rule === "secret");
  const count = secrets.length + (more.get("secret") ?? 0);
  if (count === 0) return;
  const shown = secrets.slice(0, mostPlaces).map(({ path, seq }) => `${path} (#${seq})`);
  const rest = count > shown.length ? `, and ${counted(count - shown.length, "more", "more")}` : "";
  const looks = count === 1 ? "looks like a secret" : "look like secrets";
  talk.line(
    line`rewindfs: ${counted(count, "text")} that ${printable(file)} may show ${words(looks)}: ${printable(shown.join(", ") + rest)}`,
  );
  talk.line(
    words(
      "Hint: before you give it away, `rewindfs redact PATH` removes such bytes from the journal for good, and `report --force` writes the page again without them",
    ),
  );
}

const mostPlaces = 5;

function longestOf(runs: readonly Run[]): RunNumber | undefined {
  const lengthOf = ({ first, last }: Run): number => last - first;
  return runs.toSorted((one, other) => lengthOf(other) - lengthOf(one))[0]?.run;
}
