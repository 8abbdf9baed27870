import type { Event, Kind, Seq } from "../../journal/index.ts";
import { kindNames } from "../../src/text/index.ts";
import { type Criteria, pathMatcher } from "./find.ts";
import type { Recording } from "../recording/recording.ts";

/** Reads the events of a range that can match, by an index if one helps. */
export interface Narrowed {
  readonly events: (first: number, last: number) => Event[];
  /** The longest range that is worth asking for at once. */
  readonly widest: number;
}

/** Events read between two pauses: a few milliseconds. */
export const slice = 2_000;
/** More paths than this are not looked up one by one in each range. */
const fewPaths = 256;

/** Narrows by conditions known at once: kinds, the run, and a full path. */
export function narrowedAtOnce(recording: Recording, criteria: Criteria): Narrowed {
  const { journal } = recording;
  const [exact] = criteria.paths.flatMap((test) => (test.kind === "exact" ? [test.path] : []));
  if (exact !== undefined) return narrowedTo(recording, [exact]);
  const kinds = kindsFor(criteria);
  if (kinds === undefined && criteria.run === undefined)
    return { widest: slice, events: (first, last) => journal.events(first as Seq, last as Seq) };
  const fixed = {
    ...(kinds === undefined ? {} : { kinds }),
    ...(criteria.run === undefined ? {} : { run: criteria.run }),
  };
  return {
    widest: slice * 5,
    events: (first, last) => [
      ...journal.query({ first: first as Seq, last: last as Seq, ...fixed }),
    ],
  };
}

/** Narrows by all paths that match, if they are few. */
export function narrowedTo({ journal }: Recording, paths: readonly string[]): Narrowed {
  return {
    widest: slice * 20,
    events: (first, last) => [...journal.query({ first: first as Seq, last: last as Seq, paths })],
  };
}

export function areFew(paths: readonly string[]): boolean {
  return paths.length <= fewPaths;
}

/** Tells if searching the journal's paths shows which events can match. */
export function isAboutPaths({ paths }: Criteria): boolean {
  return paths.length > 0 && paths.every(({ kind }) => kind !== "exact");
}

/** Paths searched between two pauses. */
const pathSlice = 2_000;

/** Returns all paths of the journal that match, pausing now and then. */
export function* pathsThatMatch(
  recording: Recording,
  { paths }: Criteria,
): Generator<undefined, readonly string[]> {
  const key = `paths ${recording.head()} ${JSON.stringify(paths)}`;
  const known = recording.matching.held(key);
  if (known !== undefined) return known;
  const test = pathMatcher(paths) ?? (() => true);
  const found: string[] = [];
  let looked = 0;
  for (const path of recording.journal.paths()) {
    if (test(path)) found.push(path);
    looked += 1;
    if (looked % pathSlice === 0) yield undefined;
  }
  return recording.matching.get(key, () => found);
}

/** Returns the only kinds that can match; undefined if any can. */
function kindsFor({ kinds, error, not }: Criteria): ReadonlySet<Kind> | undefined {
  if (error !== undefined) return new Set(["fail"]);
  const never = new Set(not.flatMap((one) => (isKindsOnly(one) ? [...(one.kinds ?? [])] : [])));
  if (kinds === undefined && never.size === 0) return undefined;
  return new Set(kindNames.filter((kind) => kinds?.has(kind) !== false && !never.has(kind)));
}

function isKindsOnly({ run, error, paths, not, any }: Criteria): boolean {
  return (
    run === undefined &&
    error === undefined &&
    any === undefined &&
    paths.length === 0 &&
    not.length === 0
  );
}
