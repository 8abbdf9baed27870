import { JournalError, type Seq } from "../../journal/index.ts";
import { RestoreError } from "../../src/history/index.ts";
import type { ApplySummary } from "../../src/host/index.ts";
import { type Printable, counted, joined, printable, words, phrase } from "../../src/text/index.ts";
import { seqText } from "../draw/event-text.ts";
import type { Plan, Toast } from "../state/state.ts";
import type { Within } from "../state/writing.ts";

/** Message for a new mark. */
export function marked(name: string, at: Seq): Toast {
  const text = joined([words("Marked"), seqText(at), words("as"), printable(name)]);
  return { kind: "done", text };
}

/** Message for a finished restore, undo or redo, with the way back. */
export function carriedOut({ kind, path, to, event }: Plan, head: Seq): Toast {
  const done =
    kind === "restore"
      ? joined([words("Restored"), printable(path), words("to"), seqText(to)])
      : kind === "undo"
        ? event === undefined
          ? words("Undone")
          : phrase`Undone event ${seqText(event)}`
        : words("Redone");
  const isWhole = kind === "undo" && event === undefined;
  const back = isWhole ? words("Z redoes it.") : words("z undoes it.");
  return {
    kind: "done",
    text: joined([done, phrase`as events up to ${seqText(head)};`, back]),
  };
}

/** Message for a finished restore or undo within the run of a program that goes on, with the way back. */
export function carriedOutWithin(plan: Plan, { first, last, seen }: Within): Toast {
  const { path, to, event } = plan;
  const done =
    plan.kind === "restore"
      ? phrase`Restored ${printable(path)} to ${seqText(to)}`
      : event === undefined
        ? words("Undone")
        : phrase`Undone event ${seqText(event)}`;
  const before = seqText((first - 1) as Seq);
  const back = phrase`as events up to ${seqText(last)}; r at ${before} takes it back.`;
  const late = words("The program sees all of it when the call that is held goes on.");
  return { kind: "done", text: joined([done, back, ...(seen ? [] : [late])]) };
}

/** Message for applied changes, with the way back. */
export function applied({ changes, conflicts, left, run, host }: ApplySummary): Toast {
  const count = changes.filter((change) => change.host === "changes").length;
  const stayed = conflicts.length + left.length;
  if (run === undefined || stayed > 0) {
    const [first] = [...conflicts, ...left];
    const why = first === undefined ? "" : `: ${first.path} ${first.reason}`;
    return {
      kind: "warning",
      text: printable(`Applied ${count}, left ${stayed} as it was${why}`),
    };
  }
  return {
    kind: "done",
    text: joined([
      words("Applied"),
      counted(count, "path"),
      words("to"),
      joined([printable(host), words(".")], ""),
      words("What was left out stays offered."),
    ]),
  };
}

/** Describes an error in a way that helps a person. Its message can contain names that a guest chose. */
export function failureOf(error: unknown): { readonly title: Printable; readonly text: Printable } {
  if (!(error instanceof Error))
    return { title: words("It failed"), text: printable(String(error)) };
  if (error instanceof JournalError && error.code === "locked")
    return {
      title: words("A guest is at work"),
      text: printable(`${sentence(error.message)} The journal takes that when it is done.`),
    };
  if (error instanceof RestoreError)
    return { title: words("That did not work"), text: refused(error) };
  const hint: unknown = Reflect.get(error, "hint");
  const isKnown = error instanceof JournalError || typeof hint === "string" || "code" in error;
  return {
    title: isKnown ? words("That did not work") : words("This should not have happened"),
    text: printable(
      [error.message, ...(typeof hint === "string" ? [hint] : [])].map(sentence).join(" "),
    ),
  };
}

/** Number of paths in the way that are listed. */
const mostConflicts = 3;

/** A hint that names a command or an option means the command line, which can do more. */
function refused({ message, hint, conflicts }: RestoreError): Printable {
  const more = conflicts.length - mostConflicts;
  const paths = [
    ...conflicts.slice(0, mostConflicts).map(({ path, reason }) => `${path}: ${reason}`),
    ...(more > 0 ? [`and ${more} more`] : []),
  ];
  const parts = [
    message,
    ...(paths.length === 0 ? [] : [paths.join(", ")]),
    ...(hint === undefined ? [] : [/`|--/.test(hint) ? `on the command line: ${hint}` : hint]),
  ];
  return printable(parts.map(sentence).join(" "));
}

function sentence(text: string): string {
  const begun = text.slice(0, 1).toUpperCase() + text.slice(1);
  return /[.!?]$/.test(begun) ? begun : `${begun}.`;
}
