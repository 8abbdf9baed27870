import fuzzysort from "fuzzysort";

import type { Recording } from "../recording/recording.ts";
import type { Answer, ListRow, Question } from "../recording/question.ts";

/** Paths compared between two pauses: a few milliseconds. */
const slice = 500;
/** Rows of an answer. */
const most = 200;
/** Up to this many prepared paths stay in memory for the next key. */
const mostPrepared = 100_000;
/** A path needs so much of a likeness, of 1. */
const threshold = 0.25;

/** Finds the paths of a journal that are most like a text, also of files that are gone; a slice each time it is resumed. */
export function* fileSearch(
  recording: Recording,
  question: Extract<Question, { of: "files" }>,
): Generator<Answer, Answer> {
  const { text } = question;
  let found: readonly Found[] = [];
  let searched = 0;
  const answer = (isDone: boolean): Answer => ({
    question,
    rows: found.map(({ path }): ListRow => ({ kind: "file", path })),
    searched: isDone ? "all" : searched,
    notes: [],
  });
  for (const paths of slicesOf(recording)) {
    found = best(found, text === "" ? inOrder(paths.filter(isNotGits)) : alike(paths, text));
    searched += paths.length;
    if (searched > mostPrepared) fuzzysort.cleanup();
    if (text === "" && found.length >= most) break;
    yield answer(false);
  }
  return answer(true);
}

interface Found {
  readonly path: string;
  readonly score: number;
}

function* slicesOf({ journal }: Recording): Generator<readonly string[]> {
  let paths: string[] = [];
  for (const path of journal.paths()) {
    // Calls that came to nothing name paths of their own kind.
    if (path.startsWith("/") && path !== "/") paths.push(path);
    if (paths.length < slice) continue;
    yield paths;
    paths = [];
  }
  yield paths;
}

/** Leaves git's own files to those who look for them by name. */
function isNotGits(path: string): boolean {
  return !`${path}/`.includes("/.git/");
}

function inOrder(paths: readonly string[]): readonly Found[] {
  return paths.map((path) => ({ path, score: 1 }));
}

function alike(paths: readonly string[], text: string): readonly Found[] {
  return fuzzysort
    .go(text, paths, { limit: most, threshold })
    .map(({ target, score }) => ({ path: target, score }));
}

/** Merges two lists; of equals, the shorter path comes first. */
function best(one: readonly Found[], other: readonly Found[]): readonly Found[] {
  if (other.length === 0) return one;
  const all = [...one, ...other];
  if (all.some(({ score }) => score !== 1))
    all.sort((left, right) => right.score - left.score || left.path.length - right.path.length);
  return all.slice(0, most);
}
