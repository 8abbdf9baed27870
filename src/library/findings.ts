import { type Findings, type OwnRule, findingsIn } from "../findings/index.ts";
import { type Revision, type Source, openSource } from "./source.ts";

/** The part of a record that is searched, and the rules. */
export interface FindingsChoice {
  /** Only events after this moment; from the beginning by default. */
  readonly from?: Revision;
  /** Only events up to this moment; the last one by default. */
  readonly to?: Revision;
  /** Only findings at or below this absolute path, and those on refused calls. */
  readonly below?: string;
  /** Rules of one's own, beside those of docs/findings.md. */
  readonly rules?: readonly OwnRule[];
  /** "all" searches imports, restores and applies, too. Default: "programs". */
  readonly runs?: "programs" | "all";
}

/**
 * Searches the record of programs for what deserves a look, the most urgent first; docs/findings.md tells of the rules,
 * and of the bounds. Throws RevisionError.
 */
export async function findings(source: Source, choice: FindingsChoice = {}): Promise<Findings> {
  const { from, to, below, rules, runs } = choice;
  using opened = openSource(source);
  const history = opened.it;
  return await findingsIn(history, {
    ...(from === undefined ? {} : { first: history.resolve(from) + 1 }),
    ...(to === undefined ? {} : { last: history.resolve(to) }),
    ...(below === undefined ? {} : { below }),
    ...(rules === undefined ? {} : { rules }),
    ...(runs === undefined ? {} : { runs }),
  });
}
