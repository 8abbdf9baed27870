import type { Shown, Styled } from "./line.ts";

/** What a piece of text means; what it looks like is decided here alone. */
export type Style = keyof typeof codes;

/** Gives text the colours of its meaning, or leaves it plain. */
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

/** Paints with the sixteen colours that every terminal has its own shades for, or with none. */
export function painter(colors: "on" | "off"): Paint {
  if (colors === "off") return (_, text) => text as Styled;
  return (style, text) => (text === "" ? text : `\x1b[${codes[style]}m${text}\x1b[0m`) as Styled;
}

/** FORCE_COLOR decides, then NO_COLOR, then whether it is a terminal that has colours. */
export function colorsFor(isTerminal: boolean, env: NodeJS.ProcessEnv): "on" | "off" {
  const { FORCE_COLOR: force, NO_COLOR: no, TERM: term } = env;
  if (force !== undefined && force !== "") return /^(?:0|false)$/i.test(force) ? "off" : "on";
  if (no !== undefined && no !== "") return "off";
  return isTerminal && term !== "dumb" ? "on" : "off";
}
