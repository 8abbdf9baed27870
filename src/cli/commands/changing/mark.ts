import { deleteMark, mark, openHistory } from "../../../history/index.ts";
import { line, printable } from "../../../text/index.ts";
import {
  type CommonOptions,
  type Define,
  examples,
  revisionOf,
  separateRest,
} from "../../command/command.ts";
import type { Context } from "../../command/context.ts";
import { UsageError, exits } from "../../command/failure.ts";
import { writing } from "../../asking/writing.ts";

interface Options extends CommonOptions {
  readonly delete?: true;
}

export const define: Define = (command, act) => {
  separateRest(command);
  return examples(
    command
      .argument("<name>", "its name, for mark:NAME")
      .argument("[rev]", "the moment; now unless given")
      .option("-d, --delete", "delete the mark; the moment stays as it is")
      .action((name: string, revision: string | undefined, options: Options) =>
        act(options, (context) => {
          if (options.delete === undefined) return setMark(context, name, revision ?? "@");
          if (revision === undefined) return removeMark(context, name);
          throw new UsageError(`--delete takes a name alone, and no ${revision}`);
        }),
      ),
    [
      ["rewindfs mark good", "name this moment"],
      ["rewindfs diff mark:good", "changes since then"],
      ["rewindfs mark --delete good", "forget that name"],
    ],
  );
};

function setMark(context: Context, name: string, revision: string): Promise<number> {
  return writing(context, {}, ({ journal }) => {
    const at = openHistory(journal, { now: context.now }).resolve(revisionOf(revision));
    const before = journal.mark(name);
    mark(journal, name, at);
    const moved =
      before === undefined
        ? line`is event ${at}`
        : before === at
          ? line`is event ${at}, as before`
          : line`moved from event ${before} to ${at}`;
    context.talk.line(line`mark:${printable(name)} ${moved}`);
    return exits.done;
  });
}

/** Deletes a mark, and says which moment it named. */
export function removeMark(context: Context, name: string): Promise<number> {
  return writing(context, {}, ({ journal }) => {
    const at = journal.mark(name) ?? 0;
    deleteMark(journal, name);
    context.talk.line(line`mark:${printable(name)} is deleted; it was event ${at}`);
    return exits.done;
  });
}
