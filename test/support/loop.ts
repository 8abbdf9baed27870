import { mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";

import type { RunNumber, Seq } from "../../journal/index.ts";
import { type Inode, type Tree, inodeOf } from "../../src/fs/index.ts";
import { lookup, readRange, walk } from "../../src/history/index.ts";
import {
  type ApplyOptions,
  type ApplySummary,
  type ImportOptions,
  type ImportSummary,
  type Part,
  applyToHost,
  importDirectory,
  offersToApply,
  undoApply,
} from "../../src/host/index.ts";
import { type Recording, openRecording } from "./recording.ts";
import { withTemporary } from "./temporary.ts";

/** Contents by path; undefined for a file to remove. */
export type Files = Readonly<Record<string, string | undefined>>;

/** A folder of the host that was imported to `/in`, and changes by a program and a user. */
export interface Loop {
  readonly recording: Recording;
  readonly host: string;
  readonly at: (path: string) => string;
  readonly program: (files: Files) => RunNumber;
  readonly user: (files: Files) => void;
  readonly change: (body: (recorder: Recording["recorder"]) => unknown) => RunNumber;
  readonly import: (options?: ImportOptions) => ImportSummary;
  readonly apply: (options?: ApplyOptions) => ApplySummary;
  /** Applies the chosen changes of those offered. */
  readonly choose: (takes: (path: string, part: Part) => boolean) => ApplySummary;
  readonly undoApply: () => ApplySummary;
  /** The files of either side. */
  readonly inside: () => Record<string, string>;
  readonly outside: () => Record<string, string>;
  /** Returns every content that a path had at the end of some run, or that an apply took of it in part. */
  readonly everWas: (path: string) => Set<string>;
}

/** Runs with a folder that was imported. */
export function withLoop(files: Files, run: (loop: Loop) => void): void {
  withTemporary((directory) => {
    withLoopAt(join(directory, "work"), files, run);
  });
}

/** Runs with a folder that is made at a given place. */
export function withLoopAt(host: string, files: Files, run: (loop: Loop) => void): void {
  mkdirSync(host);
  const loop = loopOn(host);
  loop.user(files);
  loop.import();
  run(loop);
}

function loopOn(host: string): Loop {
  const recording = openRecording();
  const { fs, history, journal, recorder } = recording;
  const at = (path: string) => join(host, path);
  const change: Loop["change"] = (body) =>
    recorder.run("change", [], () => void body(recorder)) as RunNumber;
  const contentAt = (tree: Tree, path: string) => contentOf(lookup(tree, path));
  const contentOf = (inode: Inode | undefined) => {
    if (inode?.type !== "file") return undefined;
    return Buffer.from(readRange(inode, journal.readTape)).toString();
  };
  return {
    recording,
    host,
    at,
    change,
    program: (files) =>
      change(() => {
        for (const [path, content] of Object.entries(files)) {
          if (content === undefined) recorder.remove(`/in/${path}`);
          else {
            makeDirectories(recording, dirname(`/in/${path}`));
            if (lookup(fs.tree, `/in/${path}`) !== undefined) recorder.truncate(`/in/${path}`, 0);
            recorder.write(`/in/${path}`, content);
          }
        }
      }),
    user: (files) => {
      for (const [path, content] of Object.entries(files)) {
        if (content === undefined) rmSync(at(path));
        else {
          mkdirSync(dirname(at(path)), { recursive: true });
          writeFileSync(at(path), content);
        }
      }
    },
    import: (options = {}) => importDirectory(fs, host, "/in", { history, ...options }),
    apply: (options = {}) => applyToHost(fs, history, host, options),
    choose: (takes) => {
      const { offers } = offersToApply(history, journal.head(), host);
      const chosen = offers.map((offer) => ({
        offer,
        taken: offer.parts.filter((part) => takes(offer.path, part)),
      }));
      return applyToHost(fs, history, host, { chosen });
    },
    undoApply: () => undoApply(fs, history, host),
    inside: () => {
      const top = lookup(fs.tree, "/in");
      const visits = top === undefined ? [] : [...walk(fs.tree, top, "")];
      return sorted(
        visits.flatMap(({ path, inode }) =>
          inode.type === "file"
            ? [[path.slice(1), Buffer.from(readRange(inode, journal.readTape)).toString()]]
            : [],
        ),
      );
    },
    outside: () => sorted(filesBelow(host, "")),
    everWas: (path) => {
      const found = new Set<string>();
      for (const { last, start } of journal.runs()) {
        const content = contentAt(history.at(last), `/in/${path}`);
        if (content !== undefined) found.add(content);
        // Files that an apply took in part have no name.
        const tree = history.at((last - 1) as Seq);
        const nameless = start.cause === "apply" ? [...tree.orphans] : [];
        for (const ino of nameless) found.add(contentOf(inodeOf(tree, ino)) ?? "");
      }
      return found;
    },
  };
}

function makeDirectories(recording: Recording, path: string): void {
  const { fs, recorder } = recording;
  if (lookup(fs.tree, path) !== undefined) return;
  makeDirectories(recording, dirname(path));
  recorder.mkdir(path);
}

function filesBelow(directory: string, above: string): string[][] {
  return readdirSync(directory, { withFileTypes: true }).flatMap((entry) => {
    const path = `${above}${entry.name}`;
    const full = join(directory, entry.name);
    if (entry.isDirectory()) return filesBelow(full, `${path}/`);
    return entry.isFile() ? [[path, readFileSync(full, "utf8")]] : [];
  });
}

function sorted(entries: readonly (readonly string[])[]): Record<string, string> {
  const ordered = entries.toSorted(([one = ""], [other = ""]) => (one < other ? -1 : 1));
  return Object.fromEntries(ordered.map(([path = "", content = ""]) => [path, content]));
}
