import { type JournalWriter, type Seq, deletionOfMark } from "../../../journal/index.ts";
import { RestoreError } from "./restore-error.ts";

const longestName = 100;

/**
 * Names the moment just after event `at`, by default the last one, and returns the seq of the mark. A later mark
 * replaces an earlier one of the same name. Throws RestoreError for a name that `mark:NAME` cannot spell, or a moment
 * that does not exist.
 */
export function mark(journal: JournalWriter, name: string, at: Seq = journal.head()): Seq {
  if (
    !/^(?![-\d]+$)[\p{L}\p{N}._/][\p{L}\p{M}\p{N}._/-]*$/u.test(name) ||
    name.length > longestName
  ) {
    const shown = name.length > longestName ? `${name.slice(0, 20)}…` : name;
    throw new RestoreError("bad-name", `a mark cannot be called ${JSON.stringify(shown)}`, {
      hint: `a name has 1 to ${longestName} letters, digits and . _ - /, is no number, and begins with no -`,
    });
  }
  if (at < 0 || at > journal.head()) {
    throw new RestoreError("bad-name", `event ${at} is not in the journal`, {
      hint: `the last is ${journal.head()}`,
    });
  }
  const { seq } = journal.append({ kind: "mark", name, at });
  journal.commit();
  return seq;
}

/** Deletes a mark; its moment stays as it is. Throws RestoreError if no mark has that name. */
export function deleteMark(journal: JournalWriter, name: string): Seq {
  if (journal.mark(name) === undefined) {
    const shown = name.length > longestName ? `${name.slice(0, 20)}…` : name;
    throw new RestoreError("bad-name", `no mark is called ${JSON.stringify(shown)}`, {
      hint: "`marks` lists them",
    });
  }
  const { seq } = journal.append({ kind: "mark", name: deletionOfMark(name), at: journal.head() });
  journal.commit();
  return seq;
}
