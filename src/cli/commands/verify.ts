import { openReader, verify } from "../../../journal/index.ts";
import { verifyStates } from "../../history/index.ts";
import { counted, describeBytes, line, printable, printableJson, words } from "../../text/index.ts";
import { type Define, type ReadingOptions, examples, readingOptions } from "../command.ts";
import type { Context } from "../context.ts";
import { UsageError, exits } from "../failure.ts";
import { openProgress, percent } from "../progress.ts";

interface Options extends ReadingOptions {
  readonly head?: string;
}

export const define: Define = (command, act) =>
  examples(
    readingOptions(command)
      .option("--head <digest>", "a digest that run printed: nothing up to it was changed since")
      .action((options: Options) => act(options, (context) => check(context, options))),
    [
      ["rewindfs verify", "recompute every digest, and replay every event"],
      ["rewindfs verify --head 3f9a…", "prove that nothing was cut off or rewritten"],
    ],
  );

function check(context: Context, { head, json }: Options): number {
  if (head !== undefined && !/^[0-9a-f]{64}$/i.test(head)) {
    throw new UsageError(`--head ${head} is no digest`, "give all 64 hex digits that run printed");
  }
  const verdict = recompute(context, head?.toLowerCase());
  const { out, talk } = context;
  if (json === true) out.line(printableJson(verdict));
  else if (verdict.ok) {
    out.line(line`ok  ${counted(verdict.events, "event")}, head ${printable(verdict.head)}`);
    if (verdict.headAt !== undefined) {
      talk.line(line`The digest that was given vouches for events 1 to ${verdict.headAt}.`);
    }
    if (verdict.redacted !== undefined) {
      const { spans, bytes } = verdict.redacted;
      talk.line(line`${describeBytes(bytes)} of ${counted(spans, "write")} are redacted.`);
    }
    if (verdict.leftover === true) {
      talk.line(
        words(
          "Free pages of the file may hold what was removed: run the redact or gc that was interrupted again.",
        ),
      );
    }
  } else {
    const where = verdict.seq === 0 ? "the journal" : `event ${verdict.seq}`;
    const path = verdict.path === undefined ? "" : `, on ${verdict.path}`;
    out.line(
      line`${out.paint("refused", words("damaged"))}  ${printable(`${where}${path}: ${verdict.reason}`)}`,
    );
    if (verdict.seq > 1) {
      talk.line(
        printable(
          `Hint: what came before can be taken out with rewindfs fork ${verdict.seq - 1} NEW.db`,
        ),
      );
    }
  }
  return verdict.ok ? exits.done : exits.damaged;
}

/** What is stored agrees with itself, and what it tells can have happened. */
function recompute(context: Context, head: string | undefined): ReturnType<typeof verify> {
  using progress = openProgress(context);
  const verdict = verify(context.journal, {
    ...(head === undefined ? {} : { head }),
    onProgress: (checked, events) =>
      progress.show(() =>
        printable(`verifying: ${percent(checked, events)} of ${counted(events, "event")}`),
      ),
  });
  if (!verdict.ok) return verdict;
  progress.show(() => words("replaying"));
  const journal = openReader(context.journal);
  try {
    const misfit = verifyStates(journal);
    if (misfit === undefined) return verdict;
    return { ...misfit, ok: false, events: verdict.events, head: verdict.head };
  } finally {
    journal.close();
  }
}
