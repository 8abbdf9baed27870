import { Writable } from "node:stream";

import type { Seq } from "../../../../journal/index.ts";
import { type Bounds, Budget, type History, lookup, whereabouts } from "../../../history/index.ts";
import {
  type ExportOptions,
  type GitBranchSummary,
  type GitOptions,
  type Skip,
  isAsImported,
  exportDirectory,
  exportGit,
  exportGitBranch,
  exportTar,
} from "../../../host/index.ts";
import {
  type Printable,
  counted,
  describeBytes,
  joined,
  line,
  printable,
  printableName,
  words,
} from "../../../text/index.ts";
import { type BoundOptions, boundFlag, parseBounds } from "../../asking/bounds.ts";
import {
  type CommonOptions,
  type Define,
  collect,
  examples,
  revisionOf,
} from "../../command/command.ts";
import type { Context } from "../../command/context.ts";
import { UsageError, exits } from "../../command/failure.ts";
import { absent } from "../../asking/absence.ts";
import { entryAt, guestPath, requirePath } from "../../asking/moment.ts";
import { type Output, ReaderGoneError } from "../../command/output.ts";
import { type Progress, openProgress } from "../../command/progress.ts";
import { withHistory } from "../../asking/reading.ts";
import { warnRedactedBelow, warnRedactedEver } from "../../text/redacted-text.ts";
import { type VerifyingOptions, requireVerified, unverifiedFlag } from "../../asking/verified.ts";
import { tellWarnings, warningsIn } from "../../asking/warnings.ts";

interface Options extends CommonOptions, BoundOptions, VerifyingOptions {
  readonly at: string;
  readonly withGit?: true;
  readonly path: string;
  readonly tar?: string;
  readonly git?: string;
  readonly branch?: string;
  readonly onto?: string;
}

/** Destination of an export. */
type Target =
  | { readonly kind: "directory"; readonly path: string }
  | { readonly kind: "tar"; readonly path: string }
  | { readonly kind: "git"; readonly path: string; readonly branch?: Branch }
  | { readonly kind: "stdout" };

interface Branch {
  readonly branch: string;
  readonly path: string;
  readonly onto?: string;
}

export const define: Define = (command, act) =>
  examples(
    command
      .argument("[dir]", "a new or empty directory of this machine")
      .option("--at <rev>", "the moment to export", "@")
      .option("--path <path>", "only entries below this directory", "/")
      .option("--tar <file>", "a tar file instead; - for stdout")
      .option("--git <dir>", "a new git repository instead, with a commit for each run")
      .option(
        "--branch <name>",
        "with --git: a branch of a repository that exists, whose checkout stays as it is",
      )
      .option("--onto <commit>", "with --branch: where it begins (HEAD), or nothing")
      .option(
        "--with-git",
        "git's own files too: git runs commands from its hooks and configuration",
      )
      .option(...unverifiedFlag)
      .option(...boundFlag, collect)
      .action((directory: string | undefined, options: Options) =>
        act(options, (context) =>
          exportTo(context, targetOf(context, directory, options), options),
        ),
      ),
    [
      ["rewindfs export --at run:1 ./after-run-1", "the files as run 1 left them"],
      ["rewindfs export --tar - | tar tv", "what there is now, for another program"],
      ["rewindfs export --git ./history", "each run as a commit"],
      ["rewindfs export --git . --path /src --branch agent", "the same, as a branch of yours"],
    ],
  ).addHelpText(
    "after",
    "\nAn interrupted export leaves its files there, and nowhere else: remove them and export again.",
  );

function targetOf({ out }: Context, directory: string | undefined, options: Options): Target {
  const { tar, git, path, branch, onto } = options;
  if (branch !== undefined && git === undefined)
    throw new UsageError("--branch is of a git repository", "name it: --git DIR --branch NAME");
  if (onto !== undefined && branch === undefined)
    throw new UsageError("--onto is where a branch begins", "name it: --branch NAME");
  if ([directory, tar, git].filter((place) => place !== undefined).length !== 1) {
    throw new UsageError(
      "an export goes to one place",
      "give a directory, --tar FILE or --git DIR",
    );
  }
  requirePath(
    directory ?? tar ?? git ?? "",
    "the place to export to",
    "the working directory is .",
  );
  if (directory !== undefined) return { kind: "directory", path: directory };
  if (git !== undefined) {
    if (path !== "/" && branch === undefined)
      throw new UsageError(
        "a new repository gets all files",
        "leave --path out, or write to a branch of one that exists: --branch NAME",
      );
    if (options.withGit === true)
      throw new UsageError("a repository holds no other one's files", "leave --with-git out");
    const begin = onto === undefined ? {} : { onto };
    return branch === undefined
      ? { kind: "git", path: git }
      : { kind: "git", path: git, branch: { branch, path: guestPath(path), ...begin } };
  }
  if (tar !== "-") return { kind: "tar", path: tar ?? "" };
  if (out.isTerminal) {
    throw new UsageError("a tar file is not for a terminal", "send it to a file or to a program");
  }
  return { kind: "stdout" };
}

function exportTo(context: Context, target: Target, options: Options): Promise<number> {
  const { at, path } = options;
  const bounds = parseBounds(options);
  requireVerified(context, "exported", options);
  return withHistory(context, async (history) => {
    using progress = openProgress(context);
    const seq = history.resolve(revisionOf(at));
    if (target.kind === "git") {
      warnRedactedEver(context, history.journal);
      return commitTo(context, history, target, { until: seq, bounds }, progress);
    }
    const { tree, inode } = entryAt(history, guestPath(path), at, "follow");
    warnRedactedBelow(context, history.journal, tree, guestPath(path));
    const left = new Left(progress, context, "; --with-git takes it along");
    const exporting: ExportOptions = {
      path: guestPath(path),
      git: options.withGit === true ? "take" : "leave",
      budget: new Budget("the export", bounds),
      onProgress: ({ files, bytes }) =>
        progress.show(() =>
          printable(`exporting: ${counted(files, "file")}, ${describeBytes(bytes)}`),
        ),
      onSkip: (skip) => left.tell(skip),
    };
    const counts =
      target.kind === "directory"
        ? exportDirectory(tree, history.journal, target.path, exporting)
        : await exportTar(
            tree,
            history.journal,
            target.kind === "tar" ? target.path : streamTo(context.out),
            exporting,
          );
    const { files, directories, symlinks, bytes } = counts;
    const parts = [
      counted(files, "file"),
      counted(directories, "directory", "directories"),
      ...(symlinks > 0 ? [counted(symlinks, "symlink")] : []),
      describeBytes(bytes),
    ];
    const place = printable(target.kind === "stdout" ? "stdout" : target.path);
    progress.talk(line`exported to ${place}: ${joined(parts, ", ")}`);
    const own = isAsImported(history, seq);
    const warnings = warningsIn(tree, inode, guestPath(path), left.paths, own);
    tellWarnings(context, warnings, `rewindfs diff 0 ${seq} --name-only`);
    return left.isIncomplete ? exits.no : exits.done;
  });
}

async function commitTo(
  context: Context,
  history: History,
  { path: directory, branch }: Target & { readonly kind: "git" },
  range: { readonly until: Seq; readonly bounds: Partial<Bounds> },
  progress: Progress,
): Promise<number> {
  const path = branch?.path ?? "/";
  const tree = history.at(range.until);
  const top = lookup(tree, path);
  if (top === undefined && whereabouts(history, path, range.until).kind === "unknown")
    throw absent(history, path, range.until, "@");
  const left = new Left(progress, context, "");
  const options: GitOptions = {
    ...range,
    onSkip: (skip) => left.tell(skip),
    onProgress: ({ runs, commits: made }) =>
      progress.show(() =>
        printable(`exporting: ${counted(runs, "run")}, ${counted(made, "commit")}`),
      ),
  };
  if (branch === undefined) {
    const { commits } = await exportGit(history, directory, options);
    progress.talk(line`exported to ${printable(directory)}: ${counted(commits, "commit")}`);
  } else {
    const { commits, was } = await exportGitBranch(history, directory, { ...options, ...branch });
    tellBranch(progress, directory, branch, { commits, was });
  }
  const own = isAsImported(history, range.until);
  const warnings = top === undefined ? [] : warningsIn(tree, top, path, left.paths, own);
  tellWarnings(context, warnings, `rewindfs diff 0 ${range.until} --name-only`);
  return left.isIncomplete ? exits.no : exits.done;
}

function tellBranch(
  progress: Progress,
  directory: string,
  { branch, path }: Branch,
  { commits, was }: Pick<GitBranchSummary, "commits" | "was">,
): void {
  const name = printable(branch);
  if (commits === 0 && was !== undefined) progress.talk(line`${name} has everything already`);
  else if (commits === 0)
    progress.talk(line`no branch was made: no run changed a file below ${printable(path)}`);
  else {
    progress.talk(
      line`exported to ${printable(directory)}: ${counted(commits, "commit")} on branch ${name}`,
    );
    if (was !== undefined) progress.talk(line`it went on from ${printable(was.slice(0, 12))}`);
  }
}

/** Reports what an export leaves out. Git's own files stay behind by choice, so an export without them is complete. */
class Left {
  readonly paths = new Set<string>();
  isIncomplete = false;
  readonly #progress: Progress;
  readonly #arrow: Printable;
  readonly #hint: string;

  /** `hint` follows the note on git's own files. */
  constructor(progress: Progress, { glyphs }: Context, hint: string) {
    this.#progress = progress;
    this.#arrow = glyphs.arrow;
    this.#hint = hint;
  }

  tell({ path, target, reason, own }: Skip): void {
    this.paths.add(path);
    if (own === undefined) this.isIncomplete = true;
    const hint = own === "git" ? this.#hint : "";
    const link = target === undefined ? words("") : line` ${this.#arrow} ${printableName(target)}`;
    this.#progress.talk(
      line`left out ${printableName(path)}${link}: ${printable(reason)}${printable(hint)}`,
    );
  }
}

/** Returns a stream that ends quietly when its reader has seen enough. */
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
