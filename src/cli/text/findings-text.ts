import type { Finding, Findings, Level } from "../../findings/index.ts";
import {
  type Printable,
  type Style,
  type Styled,
  joined,
  line,
  pad,
  printable,
  printableName,
  words,
} from "../../text/index.ts";
import type { Context } from "../command/context.ts";
import type { Output } from "../command/output.ts";

const styles: Readonly<Record<Level, Style>> = { high: "refused", medium: "changed", low: "dim" };

/** Findings alike that are shown each with its path. */
const mostAlike = 5;
/** Kinds of findings that are told of where something else was asked for. */
const mostKinds = 6;

/** Findings that say the same of different paths, as they are ranked. */
function alike(findings: readonly Finding[]): (readonly Finding[])[] {
  return [...Map.groupBy(findings, ({ level, reason }) => `${level} ${reason}`).values()];
}

/** The findings, a line each, with the event that shows it. */
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

/** A path, and why it deserves a look. */
function findingText({ glyphs }: Context, { path, target, reason }: Finding): Printable {
  const link = target === undefined ? [] : [glyphs.arrow, printableName(target)];
  return joined([joined([printableName(path), ...link]), printable(reason)], ": ");
}

/** Findings of one rule; what tools do is told apart. */
function akin(findings: readonly Finding[]): (readonly Finding[])[] {
  const kindOf = ({ rule, reason }: Finding) => (rule === "tool-file" ? reason : rule);
  return [...Map.groupBy(findings, kindOf).values()];
}

/** How findings are told of: the command that lists all, and where the lines go. */
interface Warning {
  readonly listing: Printable;
  readonly output: Output;
}

/** Lines that warn of findings, a line for each kind: the most urgent first. */
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

/** Says on stderr what was not looked at. */
export function tellUnseen({ talk }: Context, unseen: readonly string[], hint: Printable): void {
  if (unseen.length === 0) return;
  talk.line(
    line`not all was looked at: ${joined(unseen.map(printable), ", ")} took too long; ${hint}`,
  );
}

/** What a machine reads of a finding. */
export function findingJson(finding: Finding): Readonly<Record<string, unknown>> {
  const { rule, level, path, target, reason, run, seq } = finding;
  return { rule, level, path, target, reason, run, seq };
}
