import type { Journal, Seq } from "../../../../journal/index.ts";
import { latestMarks } from "../../../history/index.ts";
import { formatInstant, formatMoment, printable, table, words } from "../../../text/index.ts";
import { withJournal } from "../../asking/reading.ts";
import {
  type Define,
  type ReadingOptions,
  examples,
  readingOptions,
} from "../../command/command.ts";
import type { Context } from "../../command/context.ts";
import { exits } from "../../command/failure.ts";
import { removeMark } from "./mark.ts";

interface Options extends ReadingOptions {
  readonly delete?: string;
}

export const define: Define = (command, act) =>
  examples(
    readingOptions(command)
      .option("-d, --delete <name>", "delete this mark; the moment stays as it is")
      .action((options: Options) =>
        act(options, (context) => {
          if (options.delete !== undefined) return removeMark(context, options.delete);
          return withJournal(context, (journal) => list(context, journal, options));
        }),
      ),
    [
      ["rewindfs marks", "every mark, with its moment"],
      ["rewindfs marks --delete good", "forget that name"],
    ],
  );

function list({ out }: Context, journal: Journal, { json }: Options): number {
  const marks = latestMarks(journal);
  const timeOf = (at: Seq) => journal.event(at)?.time;
  if (json === true) {
    for (const { name, at } of marks) {
      const time = timeOf(at);
      out.json({ name, at, time: time === undefined ? null : formatInstant(time) });
    }
    return exits.done;
  }
  const rows = marks.map(({ name, at }) => {
    const time = timeOf(at);
    const when = time === undefined ? words("") : formatMoment(time);
    return [printable(`#${at}`), when, printable(name)];
  });
  for (const row of table(rows, [{ align: "right" }, {}, {}])) out.line(row);
  return exits.done;
}
