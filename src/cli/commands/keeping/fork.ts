import { fork } from "../../../host/index.ts";
import { counted, describeBytes, line, printable } from "../../../text/index.ts";
import {
  type CommonOptions,
  type Define,
  examples,
  revisionOf,
  separateRest,
} from "../../command/command.ts";
import { exits } from "../../command/failure.ts";
import { withHistory } from "../../asking/reading.ts";

export const define: Define = (command, act) => {
  separateRest(command);
  return examples(
    command
      .argument("<rev>", "the last moment that goes along")
      .argument("<new.db>", "the new journal; it must not exist")
      .action((revision: string, file: string, options: CommonOptions) =>
        act(options, (context) =>
          withHistory(context, ({ journal, ...history }) => {
            const seq = history.resolve(revisionOf(revision));
            const { events, bytes, digest } = fork(journal, seq, file);
            const size = line`${counted(events, "event")}, ${describeBytes(bytes)}`;
            context.talk.line(line`forked to ${printable(file)}: ${size}`);
            if (events > seq) {
              context.talk.line(
                line`bytes redacted since are redacted in it, too: its events ${seq + 1} and ${events} say so`,
              );
            }
            context.talk.line(line`head ${printable(digest)}`);
            return exits.done;
          }),
        ),
      ),
    [
      ["rewindfs fork run:2 try.db", "go on from the end of run 2, in a journal of its own"],
      ["rewindfs -j try.db run app.wasm", "and run something on it"],
    ],
  );
};
