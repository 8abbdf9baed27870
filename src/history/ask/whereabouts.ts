import { type Event, type Journal, type Kind, type Seq, movesOf } from "../../../journal/index.ts";
import type { History } from "../view/history.ts";
import { nearest } from "./nearest.ts";
import { normalize } from "../diff/subtree.ts";
import { lookup, walk } from "../view/view.ts";

/** Tells where to look for a path that does not exist at a moment. */
export type Whereabouts =
  /** It existed until this event removed it. */
  | { readonly kind: "gone"; readonly by: Event }
  /** It appears with this event. */
  | { readonly kind: "comes"; readonly with: Event }
  /** No event shows that it ever existed; `near` is the most similar path that did. */
  | { readonly kind: "unknown"; readonly near?: string };

/**
 * Finds where to look for a path that does not exist just after event `seq`. Looks at a bounded part of the journal.
 */
export function whereabouts(history: History, path: string, seq: Seq): Whereabouts {
  const { journal } = history;
  const place = normalize(path);
  const last = lastThere(history, place, seq);
  const by = last === undefined ? undefined : journal.event((last + 1) as Seq);
  if (by !== undefined) return { kind: "gone", by };
  for (const event of someOn(journal, place, (seq + 1) as Seq)) {
    if (isMade(event, place)) return { kind: "comes", with: event };
  }
  let asked = 0;
  const near = nearest(place, knownPaths(history, seq), (known) => {
    if (lookup(history.at(seq), known) !== undefined) return true;
    // Failed calls put their paths into the journal, too: a guest may ask for any number of paths like this one.
    asked += 1;
    return asked <= mostLooked && wasThere(journal, known);
  });
  return { kind: "unknown", ...(near === undefined ? {} : { near }) };
}

/** The most events on a path to look at, and the most paths to check for having existed. */
const mostLooked = 256;
const removing: ReadonlySet<Kind> = new Set<Kind>(["unlink", "rmdir", "rename", "exchange"]);

/** Returns the last moment up to `seq` at which a path existed. Undefined if there is none, or none near. */
export function lastThere(history: History, path: string, seq: Seq): Seq | undefined {
  if (lookup(history.at(seq), path) !== undefined) return seq;
  const names = path.split("/").filter((name) => name !== "");
  const paths = names.map((_, index) => `/${names.slice(0, index + 1).join("/")}`);
  let looked = 0;
  for (const event of history.journal.query({ paths, last: seq, order: "reverse" })) {
    const before = (event.seq - 1) as Seq;
    if (removing.has(event.kind) && lookup(history.at(before), path) !== undefined) return before;
    looked += 1;
    if (looked === mostLooked) return undefined;
  }
  return undefined;
}

function isMade(event: Event, path: string): boolean {
  const { kind } = event;
  if (kind === "create" || kind === "mkdir" || kind === "mknod") return true;
  if (kind === "symlink" || kind === "link") return true;
  return movesOf(event).some(({ to }) => to === path);
}

function wasThere(journal: Journal, path: string): boolean {
  for (const event of someOn(journal, path, 1 as Seq)) if ("ino" in event) return true;
  return false;
}

/** Yields the first events on a path from `first` on; there may be any number of refusals. */
function* someOn(journal: Journal, path: string, first: Seq): Generator<Event> {
  let left = mostLooked;
  for (const event of journal.query({ paths: [path], first })) {
    yield event;
    left -= 1;
    if (left === 0) return;
  }
}

/** The most paths to compare: of those that exist, and of those that existed. */
const mostCompared = 50_000;

/** Yields the paths that exist at a moment, then all paths in events. */
function* knownPaths(history: History, seq: Seq): Generator<string> {
  const tree = history.at(seq);
  const root = lookup(tree, "/");
  let left = mostCompared;
  if (root !== undefined) {
    for (const { path } of walk(tree, root, "/")) {
      if (left === 0) break;
      yield path;
      left -= 1;
    }
  }
  left = mostCompared;
  for (const path of history.journal.paths()) {
    if (left === 0) return;
    yield path;
    left -= 1;
  }
}
