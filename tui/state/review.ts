import type { Seq } from "../../journal/index.ts";
import type { Finding } from "../../src/findings/index.ts";
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

/** Changes that an apply would bring to a folder, and the choice among them. */
export interface Review {
  readonly folder: Folder;
  /** Number of folders with changes, and the index of this one, from 0. */
  readonly folders: number;
  readonly folderIndex: number;
  /** The last event when the changes were worked out. */
  readonly head: Seq;
  readonly files: readonly ReviewFile[];
  /** Changes on both sides: they stay as they are. */
  readonly conflicts: readonly Skip[];
  readonly taken: ReadonlySet<Part>;
  readonly place: Place;
  /** The first visible line of the diff. */
  readonly diffFirst: number;
  readonly step: "choose" | "confirm" | "applying";
}

export interface ReviewFile {
  readonly offer: Offer;
  /** Parts of the offer, with split hunks replaced. */
  readonly parts: readonly Part[];
  /** Why a person should look at it first. */
  readonly warning?: string;
}

/** Marks the files of a review that findings are about, as `apply --dry-run` tells of them. */
export function withFindings(review: Review, findings: readonly Finding[]): Review {
  const { guest } = review.folder;
  const base = guest === "/" ? "/" : `${guest}/`;
  const reasons = new Map(
    findings
      .toReversed()
      .flatMap(({ level, path, reason }) => (level === "low" ? [] : [[path, reason]])),
  );
  const files = review.files.map((file) => {
    const reason = reasons.get(base + file.offer.path);
    return file.warning !== undefined || reason === undefined ? file : { ...file, warning: reason };
  });
  return { ...review, files };
}

/** A row of the list: a file with all its parts, or one of several parts. */
export interface ReviewRow {
  readonly file: ReviewFile;
  readonly part?: Part;
  /** Number of the part, from 1, and how many there are. */
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

/** Tells how much of a row is taken. */
export function tick(review: Review, { file, part }: ReviewRow): "all" | "some" | "none" {
  const parts = part === undefined ? file.parts : [part];
  const count = parts.filter((one) => review.taken.has(one)).length;
  return count === 0 ? "none" : count === parts.length ? "all" : "some";
}

/** Takes a row's changes, or drops them if all were taken. */
export function toggled(review: Review, row: ReviewRow): Review {
  const parts = row.part === undefined ? row.file.parts : [row.part];
  const taken = new Set(review.taken);
  if (tick(review, row) === "all") for (const part of parts) taken.delete(part);
  else for (const part of parts) taken.add(part);
  const [first] = row.file.parts;
  // Without the rename the file's other changes have no place to go.
  if (first?.kind === "rename") {
    if (row.part !== undefined && row.part !== first && taken.has(row.part)) taken.add(first);
    if (!taken.has(first)) for (const part of row.file.parts) taken.delete(part);
  }
  return { ...review, taken: withDirectories(review, taken, row.file) };
}

/** Takes or drops a renamed directory along with the entries in it. */
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

/** Splits the hunk of a row; undefined if it is no hunk, or has one edit. */
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

/** Returns the taken changes in the form that an apply needs. */
export function choicesOf({ files, taken }: Review): readonly Choice[] {
  return files.map(({ offer, parts }) => ({ offer, taken: parts.filter((one) => taken.has(one)) }));
}

export interface Counts {
  readonly files: number;
  readonly parts: number;
}

/** Counts the taken changes, and all. */
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
