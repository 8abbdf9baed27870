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
  const lines = text.match(/[^\n]*\n|[^\n]+$/g) ?? [];
  const first =
    part.tail === undefined ? (part.from_line ?? 1) - 1 : Math.max(0, lines.length - part.tail);
  const wanted = lines.slice(first, part.head ?? lines.length);
  let [length, count] = [0, 0];
  for (const line of wanted) {
    if (count > 0 && length + line.length > most) break;
    length += line.length;
    count += 1;
  }
  const content = wanted.slice(0, count).join("");
  const shown = content.slice(0, most);
  const pieces: Answer["pieces"][number][] = [{ content: shown, path }];
  if (shown.length < content.length)
    pieces.push({
      words: `(line ${first + 1} is longer than one answer: cut after ${most} characters)`,
    });
  if (count < wanted.length)
    pieces.push({
      words: `(cut: ${lines.length} lines in all; go on with from_line ${first + count + 1})`,
    });
  return { pieces };
}
