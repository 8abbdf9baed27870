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

/**
 * Converts one input event of Ink to key tokens ("j", "ctrl+d", "shift+tab"). A held key can arrive as "jjj" in one
 * event.
 */
export function tokens(input: string, key: Key): string[] {
  if (key.eventType === "release") return [];
  const prefix = key.ctrl ? "ctrl+" : key.meta ? "alt+" : "";
  const arrow = arrows.find(([flag]) => key[flag]);
  if (arrow !== undefined) return [prefix + arrow[1]];
  const name = named.find(([flag]) => key[flag]);
  // Some versions of the parser report a lone Esc as Esc with the meta flag.
  if (name !== undefined) return [name[1] === "tab" && key.shift ? "shift+tab" : name[1]];
  // No binding uses Alt: this was Esc and the next keys, which a slow line or a busy machine delivered at once.
  if (key.meta && !key.ctrl) return ["escape", ...Array.from(input, tokenOf)];
  return Array.from(input, (character) => prefix + tokenOf(character));
}

const controls: ReadonlyMap<string, string> = new Map([
  [" ", "space"],
  ["\t", "tab"],
  ["\n", "enter"],
  ["\r", "enter"],
  ["\x1b", "escape"],
  ["\b", "backspace"],
  ["\x7f", "backspace"],
]);

/** Converts a character; control characters keep their meaning among others. */
function tokenOf(character: string): string {
  const known = controls.get(character);
  if (known !== undefined) return known;
  const code = character.charCodeAt(0);
  return code < 0x20 ? `ctrl+${String.fromCharCode(code + 0x60)}` : character;
}
