import {
  pad,
  phrase,
  type Printable,
  printable,
  widthOf,
  words,
  repeated,
} from "../../src/text/index.ts";
import type { Glyphs } from "../draw/glyphs.ts";
import { contextNames, helpGroups, keysText, keysWidth } from "../keys/help.ts";
import { type Binding, bindings } from "../keys/bindings.ts";
import type { Size } from "../draw/layout.ts";
import { type Line, guestSpans, span } from "../draw/line.ts";
import { type OverlayText, centred } from "../draw/overlay-box.ts";
import type { Overlay } from "../state/state.ts";

const gap = 3;

/** Builds the list of all keys under their headings, in two columns if there is room. */
export function keysOverlay(
  { text, first }: Extract<Overlay, { kind: "keys" }>,
  size: Size,
  glyphs: Glyphs,
): OverlayText {
  const groups = helpGroups(text);
  const keys = keysWidth(
    groups.flatMap((one) => one.bindings),
    glyphs,
  );
  const column =
    keys +
    2 +
    Math.max(
      0,
      ...groups
        .flatMap((one) => one.bindings)
        .map((one) => one.label.length + contextOf(one).length),
    );
  const isWide = size.columns - 6 >= column * 2 + gap;
  const blocks = groups.map(({ group, bindings: some }): Line[] => [
    [span(words(group), "title")],
    ...some.map((binding): Line => [
      span(pad(keysText(binding, glyphs), keys), "key"),
      span(glyphs.shown(phrase`  ${printable(binding.label)}`)),
      span(contextOf(binding), "dim"),
    ]),
    [],
  ]);
  const lines = isWide ? inTwoColumns(blocks, column) : blocks.flat();
  const height = Math.min(size.rows - 8, lines.length);
  const start = Math.max(0, Math.min(first, lines.length - height));
  const shown = lines.slice(start, start + height).map((line): Line => [span(words(" ")), ...line]);
  const found = groups.reduce((sum, one) => sum + one.bindings.length, 0);
  const prompt: Line = [
    span(words(" filter: "), "dim"),
    ...guestSpans(glyphs.guest(text), "strong"),
    span(glyphs.caret, "now"),
    ...(text === "" ? [span(words(" type to narrow"), "dim")] : []),
  ];
  const more = start + height < lines.length ? words("down for more  ") : words("");
  return centred(
    size,
    (isWide ? column * 2 + gap : column) + 4,
    words("Keys"),
    [prompt, [], ...(found === 0 ? [[span(words(" No key does that."))]] : shown)],
    [span(phrase`${more}${found} of ${bindings.length}`, "dim")],
  );
}

/** Says where a key is valid, unless that is everywhere. */
function contextOf({ in: context }: Binding): Printable {
  return context === "everywhere" || context === "list"
    ? words("")
    : phrase` (${contextNames[context]})`;
}

function inTwoColumns(blocks: readonly Line[][], column: number): Line[] {
  const total = blocks.reduce((sum, block) => sum + block.length, 0);
  const left: Line[] = [];
  const right: Line[] = [];
  for (const block of blocks)
    (left.length + block.length <= Math.ceil(total / 2) + 2 && right.length === 0
      ? left
      : right
    ).push(...block);
  return Array.from({ length: Math.max(left.length, right.length) }, (_, row): Line => {
    const start = left[row] ?? [];
    const used = start.reduce((sum, { text }) => sum + widthOf(text), 0);
    return [
      ...start,
      span(repeated(words(" "), Math.max(1, column + gap - used))),
      ...(right[row] ?? []),
    ];
  });
}
