/** Meaning of a piece of a line; the theme alone decides how it looks. */
export type Role = keyof typeof codes;

/** Codes before and after a text; none for a plain one. */
export interface Codes {
  readonly start: string;
  readonly end: string;
}

/** Returns the codes for a piece of text by its meaning: always the same object for one meaning. */
export type Theme = (role: Role) => Codes;

export const plain: Codes = { start: "", end: "" };

/** Background of the terminal. */
export type Background = "dark" | "light";

/**
 * Parameters of SGR. Yellow and cyan cannot be read on white, and bold makes them brighter: `light` has others. Without
 * colours the rest must still tell things apart that matter.
 */
const codes = {
  plain: { color: "", bare: "" },
  dim: { color: "2", bare: "2" },
  strong: { color: "1", bare: "1" },
  title: { color: "1;36", light: "1;34", bare: "1" },
  frame: { color: "2", bare: "2" },
  focused: { color: "36", light: "34", bare: "" },
  cursor: { color: "7", bare: "7" },
  cursorBlurred: { color: "1", bare: "1" },
  added: { color: "32", bare: "" },
  removed: { color: "31", bare: "" },
  changed: { color: "33", light: "35", bare: "" },
  moved: { color: "36", light: "34", bare: "" },
  refused: { color: "31;1", bare: "1" },
  directory: { color: "34;1", bare: "1" },
  link: { color: "36", light: "34", bare: "" },
  match: { color: "30;43", bare: "7" },
  breakpoint: { color: "31;1", bare: "1" },
  pin: { color: "35;1", bare: "1" },
  now: { color: "33;1", light: "31;1", bare: "1" },
  activity: { color: "34", bare: "" },
  live: { color: "32;1", light: "32", bare: "1" },
  warning: { color: "33;1", light: "35;1", bare: "1" },
  key: { color: "36;1", light: "34;1", bare: "1" },
} as const satisfies Record<string, Look>;

interface Look {
  readonly color: string;
  /** On a light background, if it is another one. */
  readonly light?: string;
  readonly bare: string;
}

/**
 * Returns a theme of the eight colours for which every terminal has its own shades, or without: bold, dim and inverse
 * stay.
 */
export function themeFor(colors: "on" | "off", background: Background = "dark"): Theme {
  const byRole = new Map<string, Codes>();
  for (const [role, look] of Object.entries<Look>(codes)) {
    const color = background === "light" ? (look.light ?? look.color) : look.color;
    byRole.set(role, codesOf(colors === "on" ? color : look.bare));
  }
  return (role) => byRole.get(role) ?? plain;
}

function codesOf(parameters: string): Codes {
  if (parameters === "") return plain;
  const all = parameters.split(";").map(Number);
  return {
    start: all.map((parameter) => `\x1b[${parameter}m`).join(""),
    end: all
      .map((parameter) => `\x1b[${endOf(parameter)}m`)
      .reverse()
      .join(""),
  };
}

/** Returns the parameter of SGR that ends another one. */
export function endOf(parameter: number): number {
  if (parameter === 7) return 27;
  if (parameter >= 40) return 49;
  return parameter >= 30 ? 39 : 22;
}
