import { type Answer, ToolError, mostCharacters } from "./answer.ts";

/** The lines to give; all where nothing is said. */
interface Part {
  readonly head?: number | undefined;
  readonly tail?: number | undefined;
  readonly from_line?: number | undefined;
}

/** Gives a text, or lines of it; where it is too long, as much as one answer may have, and how to go on. */
export function textPage(text: string, path: string, part: Part, most = mostCharacters): Answer {
  const given = [part.head, part.tail, part.from_line].filter((one) => one !== undefined);
  if (given.length > 1) throw new ToolError("give one of head, tail and from_line");
  if (given.length === 0 && text.length <= most) return { pieces: [{ content: text, path }] };
  // Never a list of all lines: a text of newlines has as many as bytes.
  const total = countLines(text);
  const first =
    part.tail === undefined ? (part.from_line ?? 1) - 1 : Math.max(0, total - part.tail);
  const wanted = Math.max(0, Math.min(total, part.head ?? total) - first);
  let start = 0;
  for (let line = 0; line < first && start < text.length; line += 1) start = endOfLine(text, start);
  let [end, count] = [start, 0];
  while (count < wanted) {
    const next = endOfLine(text, end);
    if (count > 0 && next - start > most) break;
    end = next;
    count += 1;
  }
  const pieces: Answer["pieces"][number][] = [
    { content: text.slice(start, Math.min(end, start + most)), path },
  ];
  if (end - start > most)
    pieces.push({
      words: `(line ${first + 1} is longer than one answer: cut after ${most} characters)`,
    });
  if (count < wanted)
    pieces.push({
      words: `(cut: ${total} lines in all; go on with from_line ${first + count + 1})`,
    });
  return { pieces };
}

function countLines(text: string): number {
  let count = 0;
  for (let at = 0; at < text.length; at = endOfLine(text, at)) count += 1;
  return count;
}

/** Returns where the line that begins at a place ends, its newline included. */
function endOfLine(text: string, start: number): number {
  const at = text.indexOf("\n", start);
  return at === -1 ? text.length : at + 1;
}
