import { statOf } from "../../../history/index.ts";
import {
  type Printable,
  counted,
  formatCount,
  formatInstant,
  formatMode,
  printable,
  printableName,
  table,
  words,
} from "../../../text/index.ts";
import {
  type Define,
  type ReadingOptions,
  examples,
  readingOptions,
} from "../../command/command.ts";
import type { Context } from "../../command/context.ts";
import { exits } from "../../command/failure.ts";
import { absolutePath, entryAt } from "../../asking/moment.ts";
import { withHistory } from "../../asking/reading.ts";
import { redactedBytes, redactedField } from "../../text/redacted-text.ts";

interface Options extends ReadingOptions {
  readonly at: string;
  readonly follow?: true;
}

export const define: Define = (command, act) =>
  examples(
    readingOptions(command)
      .argument("<path>", "a file, directory or symlink")
      .option("--at <rev>", "the moment to look at", "@")
      .option("-L, --follow", "where a symlink leads, not the link itself")
      .action((path: string, options: Options) =>
        act(options, (context) => show(context, path, options)),
      ),
    [["rewindfs stat /out/report.txt --at run:1", "the file after run 1"]],
  );

function show(context: Context, path: string, options: Options): Promise<number> {
  return withHistory(context, (history) => {
    const { inode } = entryAt(
      history,
      path,
      options.at,
      options.follow === true ? "follow" : "keep",
    );
    const { type, mode, size, ino, links, mtime, atime, ctime, target } = statOf(inode);
    const { out } = context;
    const redacted = redactedBytes(history.journal, inode);
    if (options.json === true) {
      const times = {
        mtime: formatInstant(mtime),
        atime: formatInstant(atime),
        ctime: formatInstant(ctime),
      };
      out.json({
        path: absolutePath(path),
        type,
        mode: formatMode(mode),
        size,
        ino,
        links,
        ...times,
        to: target,
        ...redactedField(redacted),
      });
      return exits.done;
    }
    const rows: (readonly [Printable, Printable])[] = [
      [words("path"), printableName(absolutePath(path))],
      [words("type"), printable(type)],
      [words("mode"), formatMode(mode)],
      [words("size"), formatCount(size)],
      [words("inode"), printable(String(ino))],
      [words("links"), printable(String(links))],
      [words("modified"), formatInstant(mtime)],
      [words("accessed"), formatInstant(atime)],
      [words("changed"), formatInstant(ctime)],
    ];
    if (redacted > 0) rows.push([words("redacted"), counted(redacted, "byte")]);
    if (target !== undefined) rows.push([words("target"), printableName(target)]);
    const columns = [{ style: (cell: Printable) => out.paint("dim", cell) }, {}];
    for (const text of table(rows, columns)) out.line(text);
    return exits.done;
  });
}
