import { type Findings, findingsIn, isAtLeast, quickBudget } from "../../findings/index.ts";
import type { History } from "../../history/index.ts";
import type { ApplySummary } from "../../host/index.ts";
import { words } from "../../text/index.ts";
import { ownRules } from "../config/own-rules.ts";
import type { Context } from "../command/context.ts";
import { tellUnseen, warningLines } from "../text/findings-text.ts";

/** Searches for what may have to be said before an apply. */
export async function findingsToApply(history: History): Promise<Findings> {
  return findingsIn(history, { budget: quickBudget, rules: await ownRules() });
}

/** Warns of findings in a plan, except links and tool files, which its list flags. */
export function tellFindings(
  context: Context,
  { findings, unseen }: Findings,
  { guest, changes }: ApplySummary,
): void {
  const base = guest === "/" ? "/" : `${guest}/`;
  const comes = new Set(
    changes.flatMap(({ path, host }) => (host === "changes" ? [`${base}${path}`] : [])),
  );
  if (comes.size === 0) return;
  const told = findings.filter(
    ({ rule, level, path }) =>
      rule !== "tool-file" &&
      rule !== "link-out" &&
      isAtLeast(level, "medium") &&
      (comes.has(path) || (rule === "mass-deletion" && `${path}/`.startsWith(base))),
  );
  const { talk } = context;
  const listing = words("rewindfs findings");
  for (const line of warningLines(context, told, { listing, output: talk })) talk.line(line);
  tellUnseen(context, unseen, words("rewindfs findings looks further"));
}
