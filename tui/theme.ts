/** What a piece of a line means; the theme alone decides what it looks like. */
export type Role = keyof typeof codes;

/** Turns the meaning of a piece of text into the codes that stand before it; "" leaves it plain. */
export type Theme = (role: Role) => string;

/** Parameters of SGR: what is left of each without colours must still tell things apart where that matters. */
const codes = {
  plain: { color: "", bare: "" },
  dim: { color: "2", bare: "2" },
  strong: { color: "1", bare: "1" },
  title: { color: "1;36", bare: "1" },
  frame: { color: "2", bare: "2" },
  focused: { color: "36", bare: "" },
  cursor: { color: "7", bare: "7" },
  cursorBlurred: { color: "1", bare: "1" },
  added: { color: "32", bare: "" },
  removed: { color: "31", bare: "" },
  changed: { color: "33", bare: "" },
  moved: { color: "36", bare: "" },
  refused: { color: "31;1", bare: "1" },
  directory: { color: "34;1", bare: "1" },
  link: { color: "36", bare: "" },
  match: { color: "30;43", bare: "7" },
  breakpoint: { color: "31;1", bare: "1" },
  pin: { color: "35;1", bare: "1" },
  now: { color: "33;1", bare: "1" },
  activity: { color: "34", bare: "" },
  live: { color: "32;1", bare: "1" },
  warning: { color: "33;1", bare: "1" },
  key: { color: "36;1", bare: "1" },
} as const;

/** The sixteen colours that every terminal has its own shades for, or none: then bold, dim and inverse stay. */
export function themeFor(colors: "on" | "off"): Theme {
  return colors === "on" ? (role) => codes[role].color : (role) => codes[role].bare;
}
