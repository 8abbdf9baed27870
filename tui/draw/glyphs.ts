import { type Printable, printable, printableName, words } from "../../src/text/index.ts";

interface Border {
  readonly topLeft: Printable;
  readonly topRight: Printable;
  readonly bottomLeft: Printable;
  readonly bottomRight: Printable;
  readonly horizontal: Printable;
  readonly vertical: Printable;
}

/** Signs that the screen is drawn with, and the escaping of guest text. */
export interface Glyphs {
  readonly thin: Border;
  readonly thick: Border;
  /** Shown in the title of the panel with the focus, if the border alone cannot tell. */
  readonly focus: Printable;
  readonly cursor: Printable;
  readonly breakpoint: Printable;
  readonly pin: Printable;
  readonly now: Printable;
  /** Shown on the activity strip itself, if there is no row for `now`. */
  readonly nowBar: Printable;
  readonly run: Printable;
  readonly open: Printable;
  readonly closed: Printable;
  readonly to: Printable;
  readonly minus: Printable;
  readonly cut: Printable;
  readonly between: Printable;
  readonly times: Printable;
  readonly caret: Printable;
  readonly dot: Printable;
  /** Bars from nothing to the most. */
  readonly levels: readonly Printable[];
  /** Makes guest text visible: only characters that this terminal can show stay. */
  readonly guest: (text: string) => Printable;
  /** Makes names and paths visible; no two different ones look the same. */
  readonly name: (text: string) => Printable;
  /** Restricts visible text to this terminal's characters. */
  readonly shown: (text: Printable) => Printable;
  /** Notation of the arrow keys. */
  readonly arrows: "signs" | "words";
}

export const unicode: Glyphs = {
  thin: {
    topLeft: words("╭"),
    topRight: words("╮"),
    bottomLeft: words("╰"),
    bottomRight: words("╯"),
    horizontal: words("─"),
    vertical: words("│"),
  },
  thick: {
    topLeft: words("┏"),
    topRight: words("┓"),
    bottomLeft: words("┗"),
    bottomRight: words("┛"),
    horizontal: words("━"),
    vertical: words("┃"),
  },
  focus: words(""),
  cursor: words("›"),
  breakpoint: words("●"),
  pin: words("◆"),
  now: words("▼"),
  nowBar: words("┃"),
  run: words("┴"),
  open: words("▾"),
  closed: words("▸"),
  to: words("→"),
  minus: words("−"),
  cut: words("…"),
  between: words("│"),
  times: words("×"),
  caret: words("▏"),
  dot: words("·"),
  levels: [
    words(" "),
    words("▁"),
    words("▂"),
    words("▃"),
    words("▄"),
    words("▅"),
    words("▆"),
    words("▇"),
    words("█"),
  ],
  guest: printable,
  name: printableName,
  shown: (text) => text,
  arrows: "signs",
};

const plainBorder: Border = {
  topLeft: words("+"),
  topRight: words("+"),
  bottomLeft: words("+"),
  bottomRight: words("+"),
  horizontal: words("-"),
  vertical: words("|"),
};

export const ascii: Glyphs = {
  thin: plainBorder,
  thick: { ...plainBorder, horizontal: words("=") },
  focus: words("*"),
  cursor: words(">"),
  breakpoint: words("B"),
  pin: words("P"),
  now: words("V"),
  nowBar: words("|"),
  run: words("^"),
  open: words("v"),
  closed: words(">"),
  to: words("->"),
  minus: words("-"),
  cut: words("..."),
  between: words("|"),
  times: words("x"),
  caret: words("_"),
  dot: words("."),
  levels: [
    words(" "),
    words("."),
    words("."),
    words(":"),
    words(":"),
    words("="),
    words("="),
    words("#"),
    words("#"),
  ],
  guest: (text) => asciiOnly(printable(text)),
  name: (text) => asciiOnly(printableName(text)),
  shown: asciiOnly,
  arrows: "words",
};

/** Escapes all but ASCII too, in the same form. */
function asciiOnly(text: Printable): Printable {
  if (/^[ -~]*$/.test(text)) return text;
  return text.replaceAll(
    /[^ -~]/gu,
    (point) => `\\u{${(point.codePointAt(0) ?? 0).toString(16)}}`,
  ) as Printable;
}
