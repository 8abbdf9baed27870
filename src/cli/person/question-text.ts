import { decodeText, diffLines, linesIn } from "../../history/index.ts";
import { type Question, type Rule, operationVerbs, ruleText } from "../../rules/index.ts";
import {
  type Shown,
  counted,
  describeBytes,
  line,
  printable,
  printableName,
  words,
} from "../../text/index.ts";
import type { Output } from "../command/output.ts";

/** Most lines of a difference, and most characters of each. */
const mostLines = 20;
const mostCharacters = 200;

/** Returns a question for a terminal: who wants what, the difference that it would make, and the answers. */
export function questionText(
  { paint }: Pick<Output, "paint">,
  question: Question,
  always: Rule,
): string {
  const { program, rule, operation, path, call, from, to, size } = question;
  const who = program === undefined ? words("the program") : printable(clipped(program));
  const moved =
    from === undefined || to === undefined
      ? words("")
      : line`, by moving ${printableName(from)} to ${printableName(to)}`;
  const bytes =
    call === "write" || call === "set-size" ? line`, then ${describeBytes(size)}` : words("");
  const head = line`rewindfs: ${who} wants to ${words(operationVerbs[operation])} ${paint("strong", printableName(path))}${moved}${bytes} (rule: ${printable(rule)})`;
  return `\n${[head, ...differenceOf(paint, question), choices(always)].join("\n")} `;
}

/** Returns the line that lists the answers. */
export function choices(always: Rule): Shown {
  return line`[y]es, [n]o, [a]lways (${printable(ruleText(always))}), [s]top the program, [f]ork: stop it, to go on in a copy?`;
}

function differenceOf(paint: Output["paint"], { before, after }: Question): Shown[] {
  if (before === undefined && after === undefined) return [];
  const [was, is] = [textOf(before), textOf(after)];
  if (was === undefined || is === undefined) return [paint("dim", words("(not text)"))];
  const { hunks, added, removed } = diffLines(linesIn(was), linesIn(is), { context: 1 });
  const lines = hunks.flatMap((hunk) => hunk.lines);
  const shown = lines.slice(0, mostLines).map(({ sign, text }) => {
    const row = printable(clipped(`${sign}${text}`));
    if (sign === " ") return row;
    return paint(sign === "+" ? "added" : "removed", row);
  });
  const more = lines.length - shown.length;
  const rest = line`and ${counted(more, "more line")} (${counted(added, "line")} added, ${counted(removed, "line")} removed)`;
  return more > 0 ? [...shown, paint("dim", rest)] : shown;
}

function textOf(bytes: Uint8Array | undefined): string | undefined {
  return bytes === undefined ? "" : decodeText(bytes);
}

function clipped(text: string): string {
  return text.length > mostCharacters ? `${text.slice(0, mostCharacters)}…` : text;
}
