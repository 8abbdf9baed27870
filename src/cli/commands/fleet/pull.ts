import { processSignals } from "../../../run/index.ts";
import { counted, describeBytes, line, printable, words } from "../../../text/index.ts";
import {
  type Define,
  type ReadingOptions,
  examples,
  readingOptions,
} from "../../command/command.ts";
import { UsageError, exits } from "../../command/failure.ts";
import { openProgress, percent } from "../../command/progress.ts";
import { type DepotChoice, depotOf, depotOptions } from "../../fleet/depot-options.ts";

interface Options extends ReadingOptions, DepotChoice {}

export const define: Define = (command, act) =>
  examples(
    depotOptions(readingOptions(command))
      .argument("<id>", "the journal's id, as `rewindfs find` prints it")
      .argument("<new.db>", "the file to make; it must not exist")
      .action((id: string, file: string, options: Options) =>
        act(options, async (context) => {
          requireId(id);
          using signals = processSignals();
          using progress = openProgress(context);
          const { signal } = signals;
          const depot = await depotOf(context, options, { signal, progress });
          const { pull } = await import("../../../fleet/client/index.ts");
          const pulled = await pull(depot, id, file, (last, head) =>
            progress.show(() => percent(last, head)),
          );
          if (options.json === true) context.out.json({ file, ...pulled });
          else {
            const size = line`${counted(pulled.head, "event")}, ${describeBytes(pulled.bytes)}`;
            progress.talk(line`pulled to ${printable(file)}: ${size}`);
            progress.talk(line`head ${printable(pulled.digest)}`);
            if (pulled.events > pulled.head)
              progress.talk(
                words(
                  "Some of it was redacted after that: the copy has one run more, which says so, and `verify` prints the head with it",
                ),
              );
          }
          return exits.done;
        }),
      ),
    [["rewindfs pull 4f1c… --depot https://depot.example copy.db", "the whole journal, checked"]],
  );

/** Throws UsageError for what is no journal's id. */
export function requireId(id: string): void {
  if (!/^[0-9a-f]{32}$/.test(id))
    throw new UsageError(
      `${id} is no journal's id`,
      "it has 32 hex digits; `rewindfs find` prints it",
    );
}
