import { Writable } from "node:stream";

import { type ExportOptions, exportDirectory, exportTar } from "../../host/index.ts";
import { counted, describeBytes, joined, line, printable } from "../../text/index.ts";
import { type CommonOptions, type Define, examples, revisionOf } from "../command.ts";
import type { Context } from "../context.ts";
import { UsageError, exits } from "../failure.ts";
import { absolutePath } from "../moment.ts";
import { type Output, ReaderGoneError } from "../output.ts";
import { openProgress } from "../progress.ts";
import { withHistory } from "../reading.ts";

interface Options extends CommonOptions {
  readonly at: string;
  readonly path: string;
  readonly tar?: string;
}

/** Where an export goes. */
type Target =
  | { readonly kind: "directory"; readonly path: string }
  | { readonly kind: "tar"; readonly path: string }
  | { readonly kind: "stdout" };

export const define: Define = (command, act) =>
  examples(
    command
      .argument("[dir]", "a new or empty directory of this machine")
      .option("--at <rev>", "the moment to export", "@")
      .option("--path <path>", "only what is below this directory", "/")
      .option("--tar <file>", "a tar file instead; - for stdout")
      .action((directory: string | undefined, options: Options) =>
        act(options, (context) =>
          exportTo(context, targetOf(context, directory, options), options),
        ),
      ),
    [
      ["rewindfs export --at run:1 ./after-run-1", "the files as run 1 left them"],
      ["rewindfs export --tar - | tar tv", "what there is now, for another program"],
    ],
  );

function targetOf({ out }: Context, directory: string | undefined, { tar }: Options): Target {
  if ((directory === undefined) === (tar === undefined)) {
    throw new UsageError("an export goes to one place", "give a directory, or --tar FILE");
  }
  if (directory !== undefined) return { kind: "directory", path: directory };
  if (tar !== "-") return { kind: "tar", path: tar ?? "" };
  if (out.isTerminal) {
    throw new UsageError("a tar file is not for a terminal", "send it to a file or to a program");
  }
  return { kind: "stdout" };
}

function exportTo(context: Context, target: Target, { at, path }: Options): Promise<number> {
  return withHistory(context, async (history) => {
    using progress = openProgress(context);
    const tree = history.at(history.resolve(revisionOf(at)));
    const options: ExportOptions = {
      path: absolutePath(path),
      onProgress: ({ files, bytes }) =>
        progress.show(() =>
          printable(`exporting: ${counted(files, "file")}, ${describeBytes(bytes)}`),
        ),
      onSkip: (skip) => progress.talk(printable(`left out ${skip.path}: ${skip.reason}`)),
    };
    const counts =
      target.kind === "directory"
        ? exportDirectory(tree, history.journal, target.path, options)
        : await exportTar(
            tree,
            history.journal,
            target.kind === "tar" ? target.path : streamTo(context.out),
            options,
          );
    const { files, directories, symlinks, bytes, skipped } = counts;
    const parts = [
      counted(files, "file"),
      counted(directories, "directory", "directories"),
      ...(symlinks > 0 ? [counted(symlinks, "symlink")] : []),
      describeBytes(bytes),
    ];
    const place = printable(target.kind === "stdout" ? "stdout" : target.path);
    progress.talk(line`exported to ${place}: ${joined(parts, ", ")}`);
    return skipped > 0 ? exits.no : exits.done;
  });
}

/** A stream that ends quietly when whoever reads has seen enough. */
function streamTo(out: Output): Writable {
  let isReaderGone = false;
  return new Writable({
    write(chunk: Uint8Array, _encoding, done) {
      try {
        if (!isReaderGone) out.bytes(chunk);
      } catch (error) {
        if (!(error instanceof ReaderGoneError)) throw error;
        isReaderGone = true;
      }
      done();
    },
  });
}
