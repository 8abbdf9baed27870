import type { ChosenPlaces, Event, Journal, Kind, Seq } from "../../journal/index.ts";
import { kindNames } from "../../src/text/index.ts";
import { type Criteria, type Matcher, matcherFor, pathMatcher } from "./find.ts";
import type { Recording } from "../recording/recording.ts";

/** Finds the events of a range that match, by an index if one helps. */
export interface Narrowed {
  readonly matching: (first: number, last: number) => Matching;
  /** The longest range that is worth asking for at once. */
  readonly widest: number;
}

/** The matches of a range, in order. */
export interface Matching {
  readonly seqs: readonly Seq[];
  /** The number of events that were made for it. */
  readonly looked: number;
}

/** Events made between two pauses: a few milliseconds. */
export const slice = 2_000;
/** Rows told apart by numbers alone between two pauses. */
const widestByNumbers = 20 * slice;
/** The index is read in parts of some thousand events, so that short ranges would read each several times. */
const widestByIndex = 32_768;

/** Narrows by conditions known at once: kinds, the run, and a full path. */
export function narrowedAtOnce({ journal, isBy }: Recording, criteria: Criteria): Narrowed {
  const matches = matcherFor(criteria, isBy);
  const [exact] = criteria.paths.flatMap((test) => (test.kind === "exact" ? [test.path] : []));
  if (exact !== undefined) {
    const on = (first: Seq, last: Seq) => [...journal.query({ first, last, paths: [exact] })];
    return { widest: slice * 20, matching: among(on, matches) };
  }
  const numbers = numbersOf(criteria);
  if (Object.keys(numbers).length === 0)
    return {
      widest: slice,
      matching: among((first, last) => journal.events(first, last), matches),
    };
  if (criteria.paths.length === 0 && isTold(criteria) && journal.seqs !== undefined)
    return { widest: widestByNumbers, matching: told(journal, numbers) };
  const some = (first: Seq, last: Seq) => [...journal.query({ first, last, ...numbers })];
  return { widest: slice * 5, matching: among(some, matches) };
}

/** Tells if searching the journal's paths shows which events can match. */
export function isAboutPaths({ paths }: Criteria): boolean {
  return paths.length > 0 && paths.every(({ kind }) => kind !== "exact");
}

/** Narrows by the places whose paths match, pausing now and then; undefined where the journal has no index of them. */
export function* narrowedByPaths(
  recording: Recording,
  criteria: Criteria,
): Generator<undefined, Narrowed | undefined> {
  const { journal } = recording;
  const places = yield* placesThatMatch(recording, criteria);
  if (places === undefined) return undefined;
  const matching = told(journal, { ...numbersOf(criteria), places });
  if (isTold(criteria)) return { widest: widestByIndex, matching };
  return {
    widest: slice * 20,
    matching: (first, last) => {
      const { seqs } = matching(first, last);
      const isFew = seqs.length < (last - first) / worth;
      const events = isFew
        ? seqs.flatMap((seq) => journal.event(seq) ?? [])
        : journal.events(first as Seq, last as Seq);
      const matches = matcherFor(criteria, recording.isBy);
      return { seqs: seqsOf(events.filter(matches)), looked: events.length };
    },
  };
}

/** Reading all events of a range is quicker than looking up one in eight of them. */
const worth = 8;

function* placesThatMatch(
  recording: Recording,
  { paths }: Criteria,
): Generator<undefined, ChosenPlaces | undefined> {
  const key = `${recording.head()} ${JSON.stringify(paths)}`;
  const known = recording.matching.held(key);
  const choosing = recording.journal.choosePlaces?.(pathMatcher(paths) ?? (() => true));
  if (known !== undefined || choosing === undefined) return known;
  const found = yield* choosing;
  return recording.matching.get(key, () => found);
}

function among(
  events: (first: Seq, last: Seq) => readonly Event[],
  matches: Matcher,
): Narrowed["matching"] {
  return (first, last) => {
    const found = events(first as Seq, last as Seq);
    return { seqs: seqsOf(found.filter(matches)), looked: found.length };
  };
}

function told(
  journal: Journal,
  numbers: Numbers & { readonly places?: ChosenPlaces },
): Narrowed["matching"] {
  return (first, last) => ({
    seqs: journal.seqs?.({ first, last, ...numbers }) ?? [],
    looked: 0,
  });
}

function seqsOf(events: readonly Event[]): readonly Seq[] {
  return events.map(({ seq }) => seq);
}

/** Conditions on numbers in an event's row. */
interface Numbers {
  readonly kinds?: ReadonlySet<Kind>;
  readonly run?: number;
}

function numbersOf(criteria: Criteria): Numbers {
  const kinds = kindsFor(criteria);
  return {
    ...(kinds === undefined ? {} : { kinds }),
    ...(criteria.run === undefined ? {} : { run: criteria.run }),
  };
}

/** Tells if numbers and paths decide, so that no event need be made. */
function isTold({ error, by, not, any }: Criteria): boolean {
  return error === undefined && by === undefined && any === undefined && not.every(isKindsOnly);
}

/** Returns the only kinds that can match; undefined if any can. */
function kindsFor({ kinds, error, not }: Criteria): ReadonlySet<Kind> | undefined {
  if (error !== undefined) return new Set(["fail"]);
  const never = new Set(not.flatMap((one) => (isKindsOnly(one) ? [...(one.kinds ?? [])] : [])));
  if (kinds === undefined && never.size === 0) return undefined;
  return new Set(kindNames.filter((kind) => kinds?.has(kind) !== false && !never.has(kind)));
}

function isKindsOnly({ run, error, by, paths, not, any }: Criteria): boolean {
  return (
    run === undefined &&
    error === undefined &&
    by === undefined &&
    any === undefined &&
    paths.length === 0 &&
    not.length === 0
  );
}
