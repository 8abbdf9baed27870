import type { Finding, Findings, FindingsProgress, Level } from "../../findings/index.ts";
import {
  type Printable,
  type Style,
  type Styled,
  joined,
  line,
  pad,
  phrase,
  printable,
  printableName,
  words,
} from "../../text/index.ts";
import type { Context } from "../command/context.ts";
import type { Output } from "../command/output.ts";
import { type Progress, percent } from "../command/progress.ts";

const styles: Readonly<Record<Level, Style>> = { high: "refused", medium: "changed", low: "dim" };

/** Bounds the lines for findings that say the same. */
const mostAlike = 5;
/** Bounds the warnings of a command that was asked for something else. */
const mostKinds = 6;

/** Groups findings that say the same of different paths. */
function alike(findings: readonly Finding[]): (readonly Finding[])[] {
  return [...Map.groupBy(findings, ({ level, reason }) => `${level} ${reason}`).values()];
}

/** Prints findings, a line each, with their events. */
export function printFindings(
  context: Context,
  { findings, more }: Findings,
  seqWidth: number,
): void {
  const { out } = context;
  for (const group of alike(findings)) {
    for (const finding of group.slice(0, mostAlike)) {
      const level = out.paint(styles[finding.level], pad(words(finding.level), 6));
      const seq = out.paint("dim", pad(printable(String(finding.seq)), seqWidth, "right"));
      out.line(line`${level}  ${seq}  ${findingText(context, finding)}`);
    }
    const rest = group.length - mostAlike;
    const blank = pad(words(""), 6 + 2 + seqWidth);
    if (rest > 0) out.line(line`${blank}  ${out.paint("dim", line`and ${rest} more like it`)}`);
  }
  const uncounted = [...more].map(([rule, count]) => line`${count} more of ${printable(rule)}`);
  if (uncounted.length > 0) out.line(out.paint("dim", line`and ${joined(uncounted, ", ")}`));
}

/** Writes out a path and the reason why it deserves a look. */
function findingText({ glyphs }: Context, { path, target, reason }: Finding): Printable {
  const link = target === undefined ? [] : [glyphs.arrow, printableName(target)];
  return joined([joined([printableName(path), ...link]), printable(reason)], ": ");
}

/**
 * Groups findings by their rules, and tool files by their reasons. Those of a config's rules come last: only the first
 * groups are told.
 */
function akin(findings: readonly Finding[]): (readonly Finding[])[] {
  const kindOf = ({ rule, reason }: Finding) => (rule === "tool-file" ? reason : rule);
  const isOwn = ({ rule }: Finding) => rule.startsWith("own:");
  const ordered = [...findings.filter((one) => !isOwn(one)), ...findings.filter(isOwn)];
  return [...Map.groupBy(ordered, kindOf).values()];
}

/** Says which command lists all findings, and where the lines go. */
interface Warning {
  readonly listing: Printable;
  readonly output: Output;
}

/** Returns warnings of findings, a line for each rule, the most urgent first. */
export function warningLines(
  context: Context,
  findings: readonly Finding[],
  { listing, output }: Warning,
): Styled[] {
  const sign = output.paint("refused", words("!"));
  const groups = akin(findings);
  const lines = groups.slice(0, mostKinds).flatMap(([first, ...others]) => {
    if (first === undefined) return [];
    const more = others.length === 0 ? words("") : line` (and ${others.length} more)`;
    return [line`${sign} ${findingText(context, first)}${more}`];
  });
  const more = groups.slice(mostKinds).reduce((sum, group) => sum + group.length, 0);
  return more === 0 ? lines : [...lines, line`! … and ${more} more: ${listing} lists all`];
}

/** Says on stderr which parts were not read, and what to do. */
export function tellUnseen({ talk }: Context, unseen: readonly string[], hint: Printable): void {
  if (unseen.length === 0) return;
  talk.line(line`not looked at for findings: ${joined(unseen.map(printable), ", ")}; ${hint}`);
}

/** Returns a listener that shows how far a search for findings is. */
export function showingFindings(progress: Progress): (at: FindingsProgress) => void {
  return ({ run, part, done, whole }) =>
    progress.show(
      () => phrase`looking at the ${words(part)} of run ${run}: ${percent(done, whole)}`,
    );
}

/** Returns a finding for `--json`. */
export function findingJson(finding: Finding): Readonly<Record<string, unknown>> {
  const { rule, level, path, target, reason, run, seq } = finding;
  return { rule, level, path, target, reason, run, seq };
}
