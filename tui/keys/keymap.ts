import { type Binding, type Bound, type Context, bindings } from "./bindings.ts";

/** An action of a key. */
export type CommandName = Bound["run"];

/** Returns the action of a key; the first of the contexts that has one decides. */
export function commandFor(token: string, contexts: readonly Context[]): CommandName | undefined {
  for (const context of contexts) {
    const found = bindings.find(
      (binding) => binding.in === context && keysOf(binding).includes(token),
    );
    if (found !== undefined) return found.run;
  }
  return undefined;
}

function keysOf(binding: Binding): readonly string[] {
  return binding.keys;
}

const arrows: ReadonlyMap<string, string> = new Map([
  ["left", "←"],
  ["right", "→"],
  ["up", "↑"],
  ["down", "↓"],
]);
const shownKeys: ReadonlyMap<string, string> = new Map([
  ["left", "Left"],
  ["right", "Right"],
  ["up", "Up"],
  ["down", "Down"],
  ["space", "Space"],
  ["escape", "Esc"],
  ["enter", "Enter"],
  ["tab", "Tab"],
  ["shift+tab", "S-Tab"],
  ["pageup", "PgUp"],
  ["pagedown", "PgDn"],
  ["home", "Home"],
  ["end", "End"],
]);

/** Writes a key for people: "^d", "Esc", "PgDn". */
export function keyName(token: string, arrowsAs: "signs" | "words" = "signs"): string {
  const sign = arrowsAs === "signs" ? arrows.get(token) : undefined;
  return sign ?? shownKeys.get(token) ?? token.replace(/^ctrl\+/, "^");
}

/** Writes the first key of a command for people. */
export function keyFor(command: CommandName): string {
  const binding = bindings.find(({ run }) => run === command);
  return keyName(binding?.keys[0] ?? "");
}
