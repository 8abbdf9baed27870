import { words } from "../../text/index.ts";

/** The few signs that are not letters, as far as the terminal can show them. */
export type Glyphs = typeof unicode;

const unicode = {
  times: words("×"),
  arrow: words("→"),
  cut: words("…"),
  branch: words("├── "),
  last: words("└── "),
  through: words("│   "),
  blank: words("    "),
};

const ascii: Glyphs = {
  times: words("x"),
  arrow: words("->"),
  cut: words("..."),
  branch: words("|-- "),
  last: words("`-- "),
  through: words("|   "),
  blank: words("    "),
};

/** Returns Unicode signs if the locale supports them: POSIX, LC_ALL before LC_CTYPE before LANG. */
export function glyphsFor(env: NodeJS.ProcessEnv): Glyphs {
  const locale = env["LC_ALL"] || env["LC_CTYPE"] || env["LANG"] || "";
  return /utf-?8/i.test(locale) ? unicode : ascii;
}
