import { type Binding, type Bound, type Context, bindings } from "./bindings.ts";

/** What a key can do. */
export type CommandName = Bound["run"];

/** What a key does in these contexts, the first of which that knows it decides. */
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

/** How a key is written for people: "^d", "Esc", "PgDn". */
export function keyName(token: string, arrowsAs: "signs" | "words" = "signs"): string {
  const sign = arrowsAs === "signs" ? arrows.get(token) : undefined;
  return sign ?? shownKeys.get(token) ?? token.replace(/^ctrl\+/, "^");
}

/** The first key of a command, as it is written for people. */
export function keyFor(command: CommandName): string {
  const binding = bindings.find(({ run }) => run === command);
  return keyName(binding?.keys[0] ?? "");
}
