import { exportDirectory } from "../../host/index.ts";
import { counted, formatBytes, joined, line, printable, words } from "../../text/index.ts";
import { type CommonOptions, type Define, examples, revisionOf, separateRest } from "../command.ts";
import type { Context } from "../context.ts";
import { UsageError, exits } from "../failure.ts";
import { absolutePath } from "../moment.ts";
import { openProgress } from "../progress.ts";
import { withHistory } from "../reading.ts";

interface Options extends CommonOptions {
  readonly at: string;
  readonly path: string;
}

export const define: Define = (command, act) => {
  separateRest(command);
  return examples(
    command
      .argument("[dir]", "a new or empty directory of this machine")
      .option("--at <rev>", "the moment to export", "@")
      .option("--path <path>", "only what is below this directory", "/")
      .action((directory: string | undefined, options: Options) =>
        act(options, (context) => {
          if (directory === undefined)
            throw new UsageError("there is nowhere to export to", "give a directory");
          return exportTo(context, directory, options);
        }),
      ),
    [["rewindfs export --at run:1 ./after-run-1", "the files as run 1 left them"]],
  );
};

function exportTo(context: Context, directory: string, { at, path }: Options): Promise<number> {
  return withHistory(context, (history) => {
    using progress = openProgress(context);
    const tree = history.at(history.resolve(revisionOf(at)));
    const counts = exportDirectory(tree, history.journal, directory, {
      path: absolutePath(path),
      onProgress: ({ files, bytes }) =>
        progress.show(() =>
          printable(`exporting: ${counted(files, "file")}, ${formatBytes(bytes)}`),
        ),
      onSkip: (skip) => progress.talk(printable(`left out ${skip.path}: ${skip.reason}`)),
    });
    const { files, directories, symlinks, bytes, skipped } = counts;
    const parts = [
      counted(files, "file"),
      counted(directories, "directory", "directories"),
      ...(symlinks > 0 ? [counted(symlinks, "symlink")] : []),
      formatBytes(bytes),
    ];
    progress.talk(line`${words("exported to")} ${printable(directory)}: ${joined(parts, ", ")}`);
    return skipped > 0 ? exits.no : exits.done;
  });
}
