import { readPieces, tapeOf } from "../../../history/index.ts";
import { type Define, type CommonOptions, examples } from "../../command/command.ts";
import { contentPrinter } from "../../text/content-text.ts";
import type { Context } from "../../command/context.ts";
import { exits } from "../../command/failure.ts";
import { fileAt } from "../../asking/moment.ts";
import { withHistory } from "../../asking/reading.ts";
import { warnRedacted } from "../../text/redacted-text.ts";

interface Options extends CommonOptions {
  readonly at: string;
  readonly raw?: true;
}

export const define: Define = (command, act) =>
  examples(
    command
      .argument("<path>", "a file")
      .option("--at <rev>", "the moment to look at", "@")
      .option("--raw", "raw bytes on a terminal too, which lets the file control it")
      .action((path: string, options: Options) =>
        act(options, (context) => write(context, path, options)),
      ),
    [
      ["rewindfs cat /out/report.txt", "a file as it is now"],
      ["rewindfs cat /a.bin --at run:1 >a.bin", "a file as run 1 left it, byte for byte"],
    ],
  );

function write(context: Context, path: string, { at, raw }: Options): Promise<number> {
  return withHistory(context, (history) => {
    const { inode } = fileAt(history, path, at);
    const { out } = context;
    warnRedacted(context, history.journal, inode, path);
    const pieces = readPieces(inode, tapeOf(history.journal));
    if (out.isTerminal && raw !== true) {
      const printer = contentPrinter(out);
      for (const piece of pieces) printer.add(piece);
      printer.end();
    } else {
      for (const piece of pieces) out.bytes(piece);
    }
    return exits.done;
  });
}
