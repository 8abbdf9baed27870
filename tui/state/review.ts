import type { Seq } from "../../journal/index.ts";
import {
  type Choice,
  type Folder,
  type Offer,
  type Part,
  type Skip,
  editsOf,
  splitHunk,
} from "../../src/host/index.ts";
import type { Place } from "../draw/window.ts";

/** What an apply would bring to a folder, and what of it is taken. */
export interface Review {
  readonly folder: Folder;
  /** How many folders there is something for, and which one this is; 0 is the first. */
  readonly folders: number;
  readonly folderIndex: number;
  /** The last event when it was worked out. */
  readonly head: Seq;
  readonly files: readonly ReviewFile[];
  /** What both sides changed: it stays as it is. */
  readonly conflicts: readonly Skip[];
  readonly taken: ReadonlySet<Part>;
  readonly place: Place;
  /** The first line of the diff that is shown. */
  readonly diffFirst: number;
  readonly step: "choose" | "confirm" | "applying";
}

export interface ReviewFile {
  readonly offer: Offer;
  /** Those of the offer, or what hunks among them were split into. */
  readonly parts: readonly Part[];
  /** Why a person should look at it first. */
  readonly warning?: string;
}

/** A row of the list: a file with all its parts, or one part of a file that has more. */
export interface ReviewRow {
  readonly file: ReviewFile;
  readonly part?: Part;
  /** Which part of how many, from 1 on. */
  readonly number: number;
}

export function rowsOf({ files }: Review): readonly ReviewRow[] {
  return files.flatMap((file): ReviewRow[] => [
    { file, number: 0 },
    ...(file.parts.length > 1
      ? file.parts.map((part, index) => ({ file, part, number: index + 1 }))
      : []),
  ]);
}

/** How much of a row is taken. */
export function tick(review: Review, { file, part }: ReviewRow): "all" | "some" | "none" {
  const parts = part === undefined ? file.parts : [part];
  const count = parts.filter((one) => review.taken.has(one)).length;
  return count === 0 ? "none" : count === parts.length ? "all" : "some";
}

/** Takes what a row stands for, or lets go of it where all of it was taken. */
export function toggled(review: Review, row: ReviewRow): Review {
  const parts = row.part === undefined ? row.file.parts : [row.part];
  const taken = new Set(review.taken);
  if (tick(review, row) === "all") for (const part of parts) taken.delete(part);
  else for (const part of parts) taken.add(part);
  const [first] = row.file.parts;
  // The rest of what is not renamed has no place to go.
  if (first?.kind === "rename") {
    if (row.part !== undefined && row.part !== first && taken.has(row.part)) taken.add(first);
    if (!taken.has(first)) for (const part of row.file.parts) taken.delete(part);
  }
  return { ...review, taken: withDirectories(review, taken, row.file) };
}

/** What lies in a renamed directory goes with it: it is taken for it, or let go of. */
function withDirectories(
  { files }: Review,
  taken: Set<Part>,
  { offer }: ReviewFile,
): ReadonlySet<Part> {
  const isTaken = (one: Offer) =>
    files.some((file) => file.offer === one && file.parts.some((part) => taken.has(part)));
  if (offer.within !== undefined && isTaken(offer))
    for (const part of offer.within.parts) taken.add(part);
  for (const { offer: inner, parts } of files)
    if (inner.within === offer && !isTaken(offer)) for (const part of parts) taken.delete(part);
  return taken;
}

export function withAll(review: Review, what: "all" | "none"): Review {
  const parts = what === "none" ? [] : review.files.flatMap((file) => file.parts);
  return { ...review, taken: new Set(parts) };
}

/** Splits the hunk of a row; undefined where it is none, or has one edit. */
export function splitAt(review: Review, { file, part }: ReviewRow): Review | undefined {
  const subject = part ?? (file.parts.length === 1 ? file.parts[0] : undefined);
  if (subject?.kind !== "hunk" || editsOf(subject.hunk).length < 2) return undefined;
  const split = splitHunk(subject.hunk).map((hunk): Part => ({ kind: "hunk", hunk }));
  const parts = file.parts.flatMap((one) => (one === subject ? split : [one]));
  const taken = new Set(review.taken);
  if (taken.delete(subject)) for (const one of split) taken.add(one);
  const files = review.files.map((one) => (one === file ? { ...file, parts } : one));
  return { ...review, files, taken };
}

/** What is taken, as an apply wants it. */
export function choicesOf({ files, taken }: Review): readonly Choice[] {
  return files.map(({ offer, parts }) => ({ offer, taken: parts.filter((one) => taken.has(one)) }));
}

export interface Counts {
  readonly files: number;
  readonly parts: number;
}

/** How much is taken, and how much there is. */
export function countsOf(review: Review): { readonly taken: Counts; readonly all: Counts } {
  const parts = review.files.flatMap((file) => file.parts);
  return {
    taken: {
      files: review.files.filter((file) => file.parts.some((one) => review.taken.has(one))).length,
      parts: parts.filter((one) => review.taken.has(one)).length,
    },
    all: { files: review.files.length, parts: parts.length },
  };
}
