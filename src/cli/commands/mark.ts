import { mark, openHistory } from "../../history/index.ts";
import { line, printable } from "../../text/index.ts";
import {
  type CommonOptions,
  type Define,
  examples,
  revisionOf,
  separateRest,
} from "../command/command.ts";
import { exits } from "../command/failure.ts";
import { writing } from "../asking/writing.ts";

export const define: Define = (command, act) => {
  separateRest(command);
  return examples(
    command
      .argument("<name>", "how it is to be called: mark:NAME")
      .argument("[rev]", "the moment", "@")
      .action((name: string, revision: string, options: CommonOptions) =>
        act(options, (context) => {
          return writing(context, {}, ({ journal }) => {
            const at = openHistory(journal, { now: context.now }).resolve(revisionOf(revision));
            mark(journal, name, at);
            context.talk.line(line`mark:${printable(name)} is event ${at}`);
            return exits.done;
          });
        }),
      ),
    [
      ["rewindfs mark good", "name this moment"],
      ["rewindfs diff mark:good", "what changed since"],
    ],
  );
};
