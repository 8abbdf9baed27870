import {
  joined,
  phrase,
  type Printable,
  printable,
  widthOf,
  words,
  repeated,
} from "../../src/text/index.ts";
import { type Bound, type Context, type Group, bindings, groups } from "./bindings.ts";
import type { Glyphs } from "../draw/glyphs.ts";
import { type CommandName, keyFor, keyName } from "./keymap.ts";
import { type Line, type Span, fit, lineWidth, span } from "../draw/line.ts";
import type { Review } from "../state/review.ts";
import type { Overlay, State } from "../state/state.ts";

/** Returns the bindings whose keys, label or heading contain every word of a text. */
export function bindingsMatching(text: string): readonly Bound[] {
  const wanted = text.toLowerCase().split(/\s+/).filter(Boolean);
  return bindings.filter((binding) => {
    const keys = binding.keys.map((token) => keyName(token));
    const held = `${keys.join(" ")} ${binding.label} ${binding.group}`;
    return wanted.every((word) => held.toLowerCase().includes(word));
  });
}

/** Groups the bindings that match under their headings. */
export function helpGroups(
  text: string,
): readonly { readonly group: Group; readonly bindings: readonly Bound[] }[] {
  const found = bindingsMatching(text);
  return groups
    .map((group) => ({ group, bindings: found.filter((binding) => binding.group === group) }))
    .filter((one) => one.bindings.length > 0);
}

/** Names of contexts, for people. */
export const contextNames = {
  everywhere: words("everywhere"),
  list: words("lists"),
  timeline: words("timeline"),
  tree: words("tree"),
  main: words("main"),
  keys: words("keys"),
  prompt: words("prompt"),
  plan: words("question"),
  review: words("review"),
  listing: words("list"),
  places: words("marks"),
  breakpoints: words("breakpoints"),
  held: words("held call"),
} as const satisfies Record<Context, Printable>;

/** Returns the keys of a binding, for people: "j ↓". */
export function keysText({ keys }: Bound, { guest, arrows }: Glyphs): Printable {
  return guest(keys.map((token) => keyName(token, arrows)).join(" "));
}

interface Hint {
  readonly commands: readonly CommandName[];
  readonly label: Printable;
}

const hint = (label: Printable, ...commands: readonly CommandName[]): Hint => ({ commands, label });

const stepping = hint(words("step"), "step-back", "step-forward");
const panelHints = {
  timeline: [
    stepping,
    hint(words("same file"), "file-back", "file-forward"),
    hint(words("find"), "search"),
    hint(words("file"), "find-file"),
    hint(words("text"), "find-text"),
    hint(words("findings"), "findings"),
    hint(words("break"), "break-event"),
    hint(words("run"), "run-on", "run-back"),
    hint(words("filter"), "filter"),
    hint(words("pin"), "pin"),
    hint(words("restore"), "restore"),
  ],
  tree: [
    stepping,
    hint(words("open"), "open-entry"),
    hint(words("same file"), "file-back", "file-forward"),
    hint(words("find"), "find-file"),
    hint(words("break"), "break-path"),
    hint(words("pin"), "pin"),
    hint(words("restore"), "restore"),
    hint(words("save"), "save"),
    hint(words("pager"), "pager"),
  ],
  main: [
    hint(words("tab"), "previous-tab", "next-tab"),
    stepping,
    hint(words("same file"), "file-back", "file-forward"),
    hint(words("who wrote this"), "open-writer"),
    hint(words("next change"), "next-change"),
    hint(words("find"), "search"),
    hint(words("bytes"), "hex"),
    hint(words("break"), "break-bytes"),
    hint(words("pin"), "pin"),
    hint(words("save"), "save"),
  ],
} as const;

/** Returns the keys that matter now, as many as fit; the keys for help and for leaving are always last. */
export function hintLine(state: State, width: number, glyphs: Glyphs): Line {
  if (state.overlay !== undefined) return fit(overlayHints(state.overlay), width, glyphs);
  const left = hintsFor(state);
  const right: Line = [
    span(keyOf("help", glyphs), "key"),
    span(words(" keys  ")),
    span(keyOf("quit", glyphs), "key"),
    span(words(" quit ")),
  ];
  const room = width - lineWidth(right) - 1;
  const line: Span[] = [];
  let used = 0;
  for (const { commands, label } of left) {
    const keys = [...new Set(commands.map((command) => keyOf(command, glyphs)))].join("/");
    const part = [span(phrase` ${printable(keys)}`, "key"), span(phrase` ${printable(label)} `)];
    const needed = lineWidth(part);
    if (used + needed > room) break;
    line.push(...part);
    used += needed;
  }
  return [...line, span(repeated(words(" "), width - used - lineWidth(right))), ...right];
}

/** Returns the keys of an overlay, which the keys of the panels do not reach. */
function overlayHints(overlay: Overlay): Line {
  const keys = answersOf(overlay);
  return keys.flatMap(([key, label]) => [
    span(joined([words(" "), key], ""), "key"),
    span(joined([words(" "), label, words(" ")], "")),
  ]);
}

type Answer = readonly [Printable, Printable];
const cancel: Answer = [words("Esc"), words("cancel")];
const close: Answer = [words("Esc"), words("close")];

function answersOf(overlay: Overlay): readonly Answer[] {
  switch (overlay.kind) {
    case "keys":
      return [[words("Enter"), words("run what is found")], close];
    case "prompt":
      return [[words("Enter"), words("accept")], cancel];
    case "plan":
      return [
        [words("y"), words(overlay.plan.kind)],
        [words("d"), words("show the diff")],
        [words("n/Esc"), words("cancel")],
      ];
    case "preview":
      return [
        [words("y"), words(overlay.plan.kind)],
        [words("d/Esc"), words("back to the question")],
        [words("j/k"), words("rows")],
        [words("2/0"), words("tree, diff")],
        [words("Enter"), words("open")],
      ];
    case "listing":
      return overlay.listing.question.of === "files"
        ? [
            [words("Enter"), words("go to it")],
            [words("Up/Down"), words("rows")],
            close,
            [words("type"), words("parts of the name")],
          ]
        : [[words("Enter"), words("go to it")], [words("j/k"), words("rows")], close];
    case "review":
      return reviewAnswers[overlay.review.step];
    case "mark":
      return [[words("a-z"), words("name this moment")], cancel];
    case "places":
      return [[words("a-z"), words("go to that mark")], [words("'"), words("back")], cancel];
    case "breakpoints":
      return [[words("a"), words("add")], [words("d"), words("delete")], close];
    case "held":
      return [
        [words("s"), words("step")],
        [words("c"), words("run on")],
        [words("y"), words("allow")],
        [words("n"), words("deny")],
        [words("X"), words("end it")],
        [words("Esc"), words("look around")],
      ];
    case "failure":
      return [
        [words("any key"), words("close")],
        [words("q"), words("quit")],
      ];
  }
}

const reviewAnswers: Readonly<Record<Review["step"], readonly Answer[]>> = {
  choose: [
    [words("Space"), words("take")],
    [words("a/n"), words("all, none")],
    [words("s"), words("split")],
    [words("J/K"), words("scroll")],
    [words("Enter"), words("apply")],
    cancel,
  ],
  confirm: [
    [words("y"), words("apply")],
    [words("n/Esc"), words("back")],
  ],
  applying: [],
};

function hintsFor(state: State): readonly Hint[] {
  const escape = escapeHint(state);
  const next = state.size.columns < 60 ? [hint(words("next panel"), "next-panel")] : [];
  const held = (state.live?.held.length ?? 0) > 0 ? [hint(words("held call"), "hold")] : [];
  return [...held, ...(escape === undefined ? [] : [escape]), ...next, ...panelHints[state.focus]];
}

/** Says what Esc would leave now. */
function escapeHint(state: State): Hint | undefined {
  if (state.job !== undefined || state.filter?.state === "running")
    return hint(words("stop"), "escape");
  if (state.filter !== undefined) return hint(words("clear filter"), "escape");
  if (state.search !== undefined) return hint(words("end search"), "escape");
  if (state.zoom === "full") return hint(words("shrink"), "escape");
  if (state.pin !== undefined) return hint(words("let go of pin"), "escape");
  return undefined;
}

function keyOf(command: CommandName, { guest }: Glyphs): Printable {
  return guest(keyFor(command));
}

/** Returns the cells that the keys of all bindings need. */
export function keysWidth(some: readonly Bound[], glyphs: Glyphs): number {
  return Math.max(0, ...some.map((binding) => widthOf(keysText(binding, glyphs))));
}
