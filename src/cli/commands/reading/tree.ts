import { Budget, readdir, statOf, walk } from "../../../history/index.ts";
import {
  type Styled,
  counted,
  describeBytes,
  formatBytes,
  line,
  printable,
  printableName,
  words,
} from "../../../text/index.ts";
import type { Inode, Tree } from "../../../fs/index.ts";
import { type BoundOptions, boundFlag, parseBounds } from "../../asking/bounds.ts";
import {
  type Define,
  type ReadingOptions,
  collect,
  examples,
  readingOptions,
} from "../../command/command.ts";
import type { Context } from "../../command/context.ts";
import { parseCount } from "../../command/count.ts";
import { NoAnswerError, exits } from "../../command/failure.ts";
import { styleOfEntry } from "../../text/inode-style.ts";
import { absolutePath, entryAt } from "../../asking/moment.ts";
import { withHistory } from "../../asking/reading.ts";

interface Options extends ReadingOptions, BoundOptions {
  readonly at: string;
  readonly level?: string;
}

export const define: Define = (command, act) =>
  examples(
    readingOptions(command)
      .argument("[path]", "where to begin", "/")
      .option("--at <rev>", "the moment to look at", "@")
      .option("-L, --level <depth>", "go down so many directories and no further")
      .option(...boundFlag, collect)
      .action((path: string, options: Options) =>
        act(options, (context) => draw(context, path, options)),
      ),
    [
      ["rewindfs tree", "everything that there is now"],
      ["rewindfs tree -L 1", "the top level only"],
      ["rewindfs tree /data --at @-100", "a directory 100 events ago"],
    ],
  );

function draw(context: Context, path: string, options: Options): Promise<number> {
  const budget = new Budget("the tree", parseBounds(options));
  const deepest =
    options.level === undefined
      ? Number.POSITIVE_INFINITY
      : parseCount("--level", options.level, "directories");
  return withHistory(context, (history) => {
    const { tree, inode } = entryAt(history, path, options.at, "keep");
    if (inode.type !== "directory") {
      throw new NoAnswerError(
        `${path} is a ${inode.type}, not a directory`,
        `rewindfs stat ${path} tells about it`,
      );
    }
    const { out } = context;
    if (options.json === true) {
      const top = absolutePath(path);
      const counting = (_: unknown, at: string) => () => depthBelow(top, at) < deepest;
      for (const visit of walk(tree, inode, top, { budget, counting })) {
        const { type, size, ino, target } = statOf(visit.inode);
        out.json({ path: visit.path, type, size, ino, to: target });
      }
      return exits.done;
    }
    const totals = { directories: 0, others: 0, bytes: 0 };
    out.line(named(context, absolutePath(path), inode));
    for (const { prefix, under, name, child } of below(tree, inode)) {
      if (child.type === "directory") totals.directories += 1;
      else totals.others += 1;
      totals.bytes += child.type === "file" ? child.content.size : 0;
      out.text(out.paint("dim", prefix));
      out.line(named(context, name, child), out.paint("dim", under));
    }
    const { directories, others, bytes } = totals;
    context.talk.line(
      line`${counted(directories, "directory", "directories")}, ${counted(others, "file")}, ${describeBytes(bytes)}`,
    );
    return exits.done;

    /** Yields everything below, a directory before its entries, each with the lines that lead to it. */
    function* below(from: Tree, top: Inode) {
      const { branch, last, through, blank } = context.glyphs;
      const rest = rows(top, "", 1);
      for (let row = rest.pop(); row !== undefined; row = rest.pop()) {
        budget.path(row.depth);
        const indent = row.indent + (row.isLast ? blank : through);
        yield {
          ...row,
          prefix: printable(row.indent + (row.isLast ? last : branch)),
          under: printable(indent + blank),
        };
        rest.push(...rows(row.child, indent, row.depth + 1));
      }

      /** Returns the last first, as for a stack. */
      function rows(directory: Inode, indent: string, depth: number) {
        if (depth > deepest) return [];
        const entries = readdir(from, directory);
        return entries
          .map(({ name, inode: child }, index) => ({
            indent,
            depth,
            name,
            child,
            isLast: index === entries.length - 1,
          }))
          .reverse();
      }
    }
  });
}

/** Counts the directories on the way from one to another in it; 0 for itself. */
function depthBelow(top: string, path: string): number {
  return path.slice(top.length).split("/").filter(Boolean).length;
}

function named({ out, glyphs }: Context, name: string, inode: Inode): Styled {
  const style = styleOfEntry(inode);
  const shown = printableName(name);
  const painted = style === undefined ? shown : out.paint(style, shown);
  switch (inode.type) {
    case "directory":
      return line`${painted}`;
    case "file":
      return line`${painted}  ${out.paint("dim", formatBytes(inode.content.size))}`;
    case "fifo":
      return line`${painted}  ${out.paint("dim", words("named pipe"))}`;
    case "socket":
      return line`${painted}  ${out.paint("dim", words("socket"))}`;
    case "symlink":
      return line`${painted} ${out.paint("dim", glyphs.arrow)} ${printableName(inode.target)}`;
  }
}
