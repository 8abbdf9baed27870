import type { ChangeData, HunkData } from "../format/data.ts";
import { el } from "./dom.ts";
import { type Piece, changedWords } from "./words.ts";

/** Tells of the event that wrote a line, and goes there. */
export interface Authors {
  readonly tell: (seq: number) => string;
  readonly goTo: (seq: number) => void;
}

/** Shows what became of a path; its lines are made when it is opened. A line tells who wrote it, and a click goes there. */
export function changeView(change: ChangeData, isOpen: boolean, authors: Authors): HTMLElement {
  const { path, from, hunks, note } = change;
  const heading = el(
    "summary",
    "",
    el("span", change.change, change.change),
    " ",
    el("code", "", from === undefined ? path : `${from} → ${path}`),
    " ",
    el("span", "dim", `${note} · run ${change.run}`),
  );
  if (hunks === undefined || hunks.length === 0) {
    const box = el("details", "", heading, el("div", "bar dim", "there are no lines to be shown"));
    return box;
  }
  const box = el("details", "", heading);
  const fill = () => {
    if (box.querySelector("pre") !== null) return;
    const lines = el("pre", "diff");
    for (const hunk of hunks) lines.append(...withAuthors(hunkView(hunk), hunk, authors));
    box.append(lines);
  };
  box.addEventListener("toggle", fill);
  if (isOpen) {
    box.open = true;
    fill();
  }
  return box;
}

/** Gives the lines after a hunk's heading their authors, in the order in which the hunk has them. */
function withAuthors(
  elements: readonly HTMLElement[],
  { by = [] }: HunkData,
  { tell, goTo }: Authors,
): readonly HTMLElement[] {
  let at = 1;
  for (let turn = 0; turn < by.length; turn += 2) {
    const [lines = 0, seq = 0] = by.slice(turn, turn + 2);
    for (const element of elements.slice(at, at + lines)) {
      if (seq === 0) continue;
      element.title = tell(seq);
      element.classList.add("told");
      element.addEventListener("click", () => {
        // A text that was just selected is to be copied.
        if (getSelection()?.isCollapsed !== false) goTo(seq);
      });
    }
    at += lines;
  }
  return elements;
}

function hunkView({ heading, lines }: HunkData): HTMLElement[] {
  const shown = [el("div", "at", heading)];
  for (let at = 0; at < lines.length;) {
    const removed = takeSigned(lines, at, "-");
    const added = takeSigned(lines, at + removed.length, "+");
    if (removed.length + added.length === 0) {
      shown.push(el("div", "", lines[at] ?? ""));
      at += 1;
      continue;
    }
    at += removed.length + added.length;
    const pairs = removed.map((line, index) => {
      const other = removed.length === added.length ? added[index] : undefined;
      return other === undefined ? undefined : changedWords(line.slice(1), other.slice(1));
    });
    for (const [index, line] of removed.entries())
      shown.push(lineView("minus", line, pairs[index]?.before));
    for (const [index, line] of added.entries())
      shown.push(lineView("plus", line, pairs[index]?.after));
  }
  return shown;
}

function takeSigned(lines: readonly string[], from: number, sign: string): string[] {
  const taken: string[] = [];
  for (let at = from; lines[at]?.startsWith(sign) === true; at += 1) taken.push(lines[at] ?? "");
  return taken;
}

function lineView(className: string, line: string, words: readonly Piece[] | undefined) {
  if (words === undefined) return el("div", className, line);
  const parts = words.map(({ text, isChanged }) => (isChanged ? el("mark", "", text) : text));
  return el("div", className, line.slice(0, 1), ...parts);
}
