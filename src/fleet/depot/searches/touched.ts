import { createHash } from "node:crypto";
import {
  type Event,
  type RunEnd,
  type RunStart,
  isMutation,
  movesOf,
} from "../../../../journal/index.ts";
import { isDenial, verdictOf } from "../../../fs/index.ts";
import { alternativesOf } from "../../../history/index.ts";

/** The things that a run can do to a path, as bits. */
export const touches = { changed: 1, refused: 2 } as const;

/** Most paths that are kept of a run, and most characters of them together. A run with more is searched by no path. */
const mostPaths = 20_000;
const mostCharacters = 4 * 1024 * 1024;
/** The longest path that is kept, in characters: what a path is found by grows with its square. */
const longestPath = 4_096;
/** Most of the texts in a run's start that are kept. */
const mostTexts = 100;
const mostText = 1_000;

/** A run in the index, whether it goes on or has ended. All of it fits in JSON. */
export interface RunFacts {
  readonly run: number;
  readonly cause: string;
  readonly guest: string;
  readonly args: readonly string[];
  readonly labels: readonly (readonly [string, string])[];
  /** Nanoseconds since the epoch, as decimal text. */
  readonly started: string;
  ended?: string;
  exit?: number;
  reason?: string;
  readonly first: number;
  last: number;
  /** Counts refused calls. */
  refused: number;
  /** Is false where there were more paths than are kept. */
  isWhole: boolean;
  characters: number;
  /** Paths, each with the sum of what was done to it: see `touches`. */
  readonly paths: [string, number][];
}

/** Collects what runs touched, event by event. */
export class Touched {
  #open: RunFacts | undefined;
  #known = new Map<string, [string, number]>();
  #hasChanged = false;
  readonly #ended: RunFacts[] = [];

  /** Goes on from a run that was open where the events before ended. */
  constructor(open?: RunFacts) {
    if (open !== undefined) this.#begin(open);
  }

  /** The run that is open. */
  get open(): RunFacts | undefined {
    return this.#open;
  }

  /** Tells whether anything came that the open run is found by since it was begun, or gone on from. */
  get hasChanged(): boolean {
    return this.#hasChanged;
  }

  /** Returns the runs that ended, and forgets them. */
  takeEnded(): RunFacts[] {
    return this.#ended.splice(0);
  }

  add(event: Event): void {
    if (event.kind === "run-start") this.#begin(factsOf(event));
    const run = this.#open;
    if (run === undefined || event.run !== run.run) return;
    run.last = event.seq;
    if (event.kind === "run-end") this.#end(run, event);
    else if (event.kind === "fail" && verdictOf(event) === "refused") {
      run.refused += event.count;
      this.#hasChanged = true;
      this.#touch(run, event.path, touches.refused);
    } else if (event.kind === "decision" && isDenial(event.action)) {
      run.refused += 1;
      this.#hasChanged = true;
      this.#touch(run, event.path, touches.refused);
    } else if (isMutation(event) && event.kind !== "listing") {
      this.#touch(run, event.path, touches.changed);
      for (const { to } of movesOf(event)) this.#touch(run, to, touches.changed);
    }
  }

  #begin(run: RunFacts): void {
    // A run that was killed has no end: it is found by what it did until then.
    if (this.#open !== undefined) this.#ended.push(this.#open);
    this.#open = run;
    this.#known = new Map(run.paths.map((entry) => [entry[0], entry]));
  }

  #end(run: RunFacts, { exit, reason, time }: RunEnd & { readonly time: bigint }): void {
    run.ended = time.toString();
    run.exit = exit;
    if (reason !== undefined) run.reason = storable(reason);
    this.#ended.push(run);
    this.#open = undefined;
  }

  #touch(run: RunFacts, path: string, touch: number): void {
    const known = this.#known.get(path);
    if (known !== undefined) {
      this.#hasChanged ||= (known[1] & touch) === 0;
      known[1] |= touch;
      return;
    }
    const isTooLong = path.length > longestPath;
    if (!isTooLong) run.characters += path.length;
    if (isTooLong || run.paths.length >= mostPaths || run.characters > mostCharacters) {
      this.#hasChanged ||= run.isWhole;
      run.isWhole = false;
      return;
    }
    this.#hasChanged = true;
    const entry: [string, number] = [path, touch];
    this.#known.set(path, entry);
    run.paths.push(entry);
  }
}

function factsOf(event: RunStart & { readonly time: bigint; seq: number; run: number }): RunFacts {
  const { cause, guest, args, labels } = event;
  return {
    run: event.run,
    cause: storable(cause),
    guest: storable(guest),
    args: args.slice(0, mostTexts).map(storable),
    labels: [...(labels ?? [])].map(([name, text]) => [storable(name), storable(text)] as const),
    started: event.time.toString(),
    first: event.seq,
    last: event.seq,
    refused: 0,
    isWhole: true,
    characters: 0,
    paths: [],
  };
}

/** Returns a text that PostgreSQL can keep: without NUL and lone surrogates, and not too long. */
export function storable(text: string): string {
  return text.slice(0, mostText).replaceAll("\0", "\uFFFD").toWellFormed();
}

/**
 * Returns what a run is found by, as numbers of 32 bits: a hash of the tenant, what kind of word it is, and the word.
 * Two words with the same number cost a look at the paths and labels, and give no wrong answer. The places of a run that
 * has few are shared numbers: see `sharedTokens`. Not `areAll` where there were too many.
 */
export function tokensOf(
  tenant: number,
  { paths, labels }: Pick<RunFacts, "paths" | "labels">,
): { readonly tokens: number[]; readonly areAll: boolean } {
  const ofLabels = labels.map(([name, text]) => tokenOf(tenant, labelWord(name, text)));
  const [found, places, shared] = [new Set(ofLabels), new Set<number>(), new Set<number>()];
  let areAll = true;
  for (const word of touchedWords(paths)) {
    areAll = found.size + places.size < mostTokens;
    if (!areAll) break;
    const token = tokenOf(tenant, word);
    if (!isPlace(word)) found.add(token);
    else if (places.add(token).size <= fewPlaces)
      for (const one of sharedTokens(tenant, word)) shared.add(one);
  }
  const rest = places.size > fewPlaces ? places : shared;
  return { tokens: [...new Set([...found, ...rest])], areAll };
}

function* touchedWords(paths: RunFacts["paths"]): Generator<string> {
  for (const [path, touch] of paths)
    for (const [name, bit] of Object.entries(touches))
      if ((touch & bit) !== 0) for (const word of wordsOf(path)) yield `${name} ${word}`;
}

/** A run with so many places at most, which are paths and the directories above them, has shared numbers for them. */
const fewPlaces = 24;
const sharedNumbers = 1_024;

/**
 * Returns two of 1,024 numbers for a word that hardly another run has, as a path mostly is: a number of its own would
 * cost 55 bytes in the index.
 */
export function sharedTokens(tenant: number, word: string): number[] {
  const hash = hashOf(tenant, word);
  return [4, 6].map((at) => tokenOf(tenant, `shared ${hash.readUInt16LE(at) % sharedNumbers}`));
}

/** Tells whether a word, with what was done to it or without, is a path or a directory above one. */
export function isPlace(word: string): boolean {
  return /^(?:changed |refused )?in \//.test(word);
}

/** Most tokens of a run; what they leave out is found by its paths where `isWhole` is false. */
const mostTokens = 100_000;

export function labelWord(name: string, text: string): string {
  return `label ${JSON.stringify([name, text])}`;
}

/** Yields the words of a path: it and each directory above it, each name on the way, and the ending of each name. */
function* wordsOf(path: string): Generator<string> {
  for (let end = path.length; end > 0; end = path.lastIndexOf("/", end - 1)) {
    const name = path.slice(path.lastIndexOf("/", end - 1) + 1, end);
    yield `in ${path.slice(0, end)}`;
    yield `name ${name}`;
    const dot = name.lastIndexOf(".");
    if (dot !== -1) yield `ending ${name.slice(dot)}`;
  }
}

/**
 * Returns words of which each path that a glob fits has one, for one glob without braces the word that tells most;
 * undefined if there are none, so that all paths must be looked at. `globMatcher` says what a glob fits.
 */
export function wordsIn(glob: string): readonly string[] | undefined {
  const words = alternativesOf(glob).map((one) => {
    const names = one.split("/").filter((name) => name !== "" && name !== ".");
    const firstWild = names.findIndex((name) => !isLiteral(name));
    const literal = firstWild === -1 ? names : names.slice(0, firstWild);
    // A path that leads out of where it was asked for is kept as it was asked for, without a "/" before it.
    const last = literal.findLast((each) => each !== "..");
    if (literal.includes("..")) return `name ${last ?? ".."}`;
    if (/\/./.test(one) && literal.length > 0) return `in /${literal.join("/")}`;
    const name = names.find(isLiteral);
    if (name !== undefined) return `name ${name}`;
    const ending = names.map((wild) => /^\*+[^*]*(\.[^.*]+)$/.exec(wild)?.[1]).find(Boolean);
    return ending === undefined || !isLiteral(ending) ? undefined : `ending ${ending}`;
  });
  return words.includes(undefined) ? undefined : (words as string[]);
}

/** Returns a text that is a part of each path that a glob fits; undefined if there is none that is easily told. */
export function lastLiteral(glob: string): string | undefined {
  if (!isLiteral(glob)) return undefined;
  return glob.split("/").findLast((name) => name !== "" && name !== ".");
}

function isLiteral(name: string): boolean {
  return !/[*?[\]{}\\]/.test(name);
}

export function tokenOf(tenant: number, word: string): number {
  return hashOf(tenant, word).readInt32LE();
}

function hashOf(tenant: number, word: string): Buffer {
  return createHash("sha256").update(`${tenant} `).update(Buffer.from(word, "utf16le")).digest();
}
