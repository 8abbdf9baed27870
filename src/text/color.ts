import type { Shown, Styled } from "./line.ts";
import type { Printable } from "./printable.ts";

/** The meaning of a piece of text; only this file maps it to colours. */
export type Style = keyof typeof codes;

/** Colours text by its meaning, or leaves it plain. */
export type Paint = (style: Style, text: Shown) => Styled;

const codes = {
  strong: "1",
  dim: "2",
  added: "32",
  removed: "31",
  changed: "33",
  moved: "36",
  refused: "1;31",
  heading: "1;34",
  directory: "34",
  link: "36",
  match: "1;33",
} as const;

/** Returns a function that paints with the terminal's own sixteen colours, or with none. */
export function painter(colors: "on" | "off"): Paint {
  if (colors === "off") return (_, text) => text as Styled;
  return (style, text) => (text === "" ? text : `\x1b[${codes[style]}m${text}\x1b[0m`) as Styled;
}

/** Decides by FORCE_COLOR, then by NO_COLOR, then by whether it is a terminal with colours. */
export function colorsFor(isTerminal: boolean, env: NodeJS.ProcessEnv): "on" | "off" {
  const { FORCE_COLOR: force, NO_COLOR: no, TERM: term } = env;
  if (force !== undefined && force !== "") return /^(?:0|false)$/i.test(force) ? "off" : "on";
  if (no !== undefined && no !== "") return "off";
  return isTerminal && term !== "dumb" ? "on" : "off";
}

/** Returns the text without our colours. */
export function withoutColors(text: Shown): Printable {
  return text.replaceAll(color, "") as Printable;
}

const color = new RegExp(String.raw`${"\x1b"}\[[\d;]*m`, "g");
