import { openHistory } from "../../history/index.ts";
import { type AppliedChange, type ApplySummary, applyToHost } from "../../host/index.ts";
import { type Style, counted, line, printable, words } from "../../text/index.ts";
import { type CommonOptions, type Define, examples, revisionOf } from "../command.ts";
import type { Context } from "../context.ts";
import { exits } from "../failure.ts";
import { writing } from "../writing.ts";

interface Options extends CommonOptions {
  readonly since?: string;
  readonly dryRun?: true;
  readonly force?: true;
}

export const define: Define = (command, act) =>
  examples(
    command
      .argument("<hostdir>", "a directory of this machine that was imported")
      .option("--since <rev>", "what changed since then; by default since the import")
      .option("-n, --dry-run", "tell what would be done, and do nothing")
      .option("--force", "overwrite what was changed on this machine in the meantime")
      .action((directory: string, options: Options) =>
        act(options, (context) => apply(context, directory, options)),
      ),
    [
      ["rewindfs apply ./data --dry-run", "what would change in ./data"],
      ["rewindfs apply ./data", "bring it there, unless ./data has changed too"],
    ],
  );

const styles: Readonly<Record<AppliedChange["change"], Style>> = {
  added: "added",
  removed: "removed",
  modified: "changed",
  "type-changed": "changed",
  times: "dim",
};

function apply(
  context: Context,
  directory: string,
  { since, dryRun, force }: Options,
): Promise<number> {
  return writing(context, {}, ({ journal, files }) => {
    const history = openHistory(journal, { now: context.now });
    const summary = applyToHost(files, history, directory, {
      mode: dryRun === true ? "dry-run" : "do",
      changed: force === true ? "overwrite" : "refuse",
      ...(since === undefined ? {} : { since: history.resolve(revisionOf(since)) }),
    });
    printApplied(context, directory, summary);
    const refused = summary.conflicts.length > 0 && force !== true;
    return refused || summary.left.length > 0 ? exits.no : exits.done;
  });
}

function printApplied({ out, talk }: Context, directory: string, summary: ApplySummary): void {
  const { changes, conflicts, left, run } = summary;
  for (const { path, change, type, host } of changes) {
    const kind = out.paint(styles[change], printable(change.padEnd(8)));
    const place = printable(type === "directory" ? `${path}/` : path);
    const note = {
      changes: words(""),
      already: words("  (already so)"),
      conflict: words("  (conflict)"),
    };
    out.line(line`${kind}  ${place}${out.paint("dim", note[host])}`);
  }
  for (const { path, reason } of [...conflicts, ...left])
    talk.line(printable(`${path}: ${reason}`));
  const paths = counted(changes.length, "path");
  if (run !== undefined) talk.line(line`run ${run}: ${paths} applied to ${printable(directory)}`);
  else if (changes.length === 0) talk.line(words("nothing to apply: it is like that already"));
  else talk.line(line`${paths} would be applied to ${printable(directory)}; nothing was done`);
}
