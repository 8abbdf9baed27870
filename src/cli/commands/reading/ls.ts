import { bytesOfText } from "../../../../journal/index.ts";
import { readdir, statOf } from "../../../history/index.ts";
import {
  type Column,
  type Printable,
  formatCount,
  formatMode,
  formatMoment,
  joined,
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
import { styleOfEntry } from "../../text/inode-style.ts";
import { absolutePath, entryAt } from "../../asking/moment.ts";
import { withHistory } from "../../asking/reading.ts";

interface Options extends ReadingOptions {
  readonly at: string;
  readonly null?: true;
}

export const define: Define = (command, act) =>
  examples(
    readingOptions(command)
      .argument("[path]", "a directory, or one file", "/")
      .option("--at <rev>", "the moment to look at", "@")
      .option("-l, --long", "type, mode, size and time, too; always shown")
      .option("-z, --null", "only the names, raw, with a NUL after each")
      .action((path: string, options: Options) =>
        act(options, (context) => list(context, path, options)),
      ),
    [
      ["rewindfs ls", "the root as it is now"],
      ["rewindfs ls /data --at run:2^", "a directory before run 2 began"],
    ],
  );

const header = [
  words("type"),
  words("mode"),
  words("size"),
  words("inode"),
  words("modified"),
  words("name"),
];

function list(context: Context, path: string, options: Options): Promise<number> {
  return withHistory(context, (history) => {
    const { tree, inode } = entryAt(history, path, options.at, "follow");
    const entries =
      inode.type === "directory"
        ? readdir(tree, inode)
        : [{ name: absolutePath(path).split("/").at(-1) ?? "", inode }];
    const { out } = context;
    if (options.null === true) {
      out.bytes(bytesOfText(entries.map(({ name }) => `${name}\0`).join("")));
      return exits.done;
    }
    if (options.json === true) {
      for (const entry of entries) {
        const { type, mode, size, ino } = statOf(entry.inode);
        out.json({ name: entry.name, type, mode: formatMode(mode), size, ino });
      }
      return exits.done;
    }
    const rows = entries.map(({ name, inode: child }): Printable[] => {
      const { type, mode, size, ino, mtime, target } = statOf(child);
      const shown = printableName(name);
      return [
        printable(type),
        formatMode(mode),
        child.type === "directory" ? words("-") : formatCount(size),
        printable(String(ino)),
        formatMoment(mtime),
        target === undefined ? shown : joined([shown, context.glyphs.arrow, printableName(target)]),
      ];
    });
    const columns: Column[] = [
      {},
      { style: (cell) => out.paint("dim", cell) },
      { align: "right" },
      { align: "right", style: (cell) => out.paint("dim", cell) },
      { style: (cell) => out.paint("dim", cell) },
      {
        style: (cell, row) => {
          const style = styleOfEntry(entries[out.isTerminal ? row - 1 : row]?.inode);
          return style === undefined ? cell : out.paint(style, cell);
        },
      },
    ];
    const lines = table(out.isTerminal ? [header, ...rows] : rows, columns);
    for (const [index, text] of lines.entries()) {
      out.line(out.isTerminal && index === 0 ? out.paint("dim", text) : text);
    }
    return exits.done;
  });
}
