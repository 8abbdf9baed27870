import type { Key } from "ink";

const arrows = [
  ["leftArrow", "left"],
  ["rightArrow", "right"],
  ["upArrow", "up"],
  ["downArrow", "down"],
] as const;

const named = [
  ["return", "enter"],
  ["escape", "escape"],
  ["tab", "tab"],
  ["backspace", "backspace"],
  // Terminals disagree on which of the two the key above Enter sends.
  ["delete", "backspace"],
  ["pageUp", "pageup"],
  ["pageDown", "pagedown"],
  ["home", "home"],
  ["end", "end"],
] as const;

/** One input event of Ink as key tokens ("j", "ctrl+d", "shift+tab"). A held key can arrive as "jjj" in one event. */
export function tokens(input: string, key: Key): string[] {
  if (key.eventType === "release") return [];
  const prefix = key.ctrl ? "ctrl+" : key.meta ? "alt+" : "";
  const arrow = arrows.find(([flag]) => key[flag]);
  if (arrow !== undefined) return [prefix + arrow[1]];
  const name = named.find(([flag]) => key[flag]);
  // A lone Esc is told as Esc with the meta flag by some versions of the parser.
  if (name !== undefined) return [name[1] === "tab" && key.shift ? "shift+tab" : name[1]];
  return Array.from(input, (character) => prefix + tokenOf(character));
}

function tokenOf(character: string): string {
  if (character === " ") return "space";
  return character === "\n" || character === "\r" ? "enter" : character;
}
