import type { Event, Journal, Kind, Run, RunNumber, Seq } from "../../journal/index.ts";
import {
  type History,
  comparableTape,
  countProcesses,
  diffTrees,
  isAtOrBelow,
  tapeOf,
} from "../history/index.ts";
import { type Tree, inodeOf, pathOf } from "../fs/index.ts";
import { type Folder, foldersOf } from "../host/index.ts";
import { type LeftBehind, type Remark, remarksOn } from "./changes.ts";
import { Collector } from "./collector.ts";
import { remarkOnDeletion } from "./deletion.ts";
import type { Finding, RuleName } from "./finding.ts";
import { MovedFiles } from "./moved.ts";
import {
  type FindingsBudget,
  type FindingsOptions,
  type FindingsProgress,
  findingsBudget,
} from "./options.ts";
import { OwnRules } from "./own-rules.ts";
import { PassingFiles } from "./passing.ts";
import { readingAhead } from "./scan/read-ahead.ts";
import { ClimbingLinks, remarkOnAccess, remarkOnDecision, remarkOnFailure } from "./refusals.ts";
import { loadSecretScan } from "./scan/secret-scan.ts";
import { Secrets } from "./secrets.ts";
import { LookAlikes } from "./siblings.ts";
import { StartedPrograms } from "./started.ts";
import { isTemporary } from "./temporary.ts";
import { type WrittenText, WrittenTexts, textsAround } from "./scan/written.ts";

/** Holds the result of a search. */
export interface Findings {
  /** Ranked, the most urgent first. */
  readonly findings: readonly Finding[];
  /** Counts of further findings, by rule. */
  readonly more: ReadonlyMap<RuleName, number>;
  /** Names the parts that were not read because a bound was hit. */
  readonly unseen: readonly string[];
}

/** Searches the record of programs for what deserves a look, the last run first; docs/findings.md has the rules. */
export async function findingsIn(
  history: History,
  options: FindingsOptions = {},
): Promise<Findings> {
  const { journal } = history;
  const { first = 1, last = journal.head(), runs = "programs" } = options;
  const base = journal.base()?.seq ?? 0;
  const search = new Search(history, options);
  const spans = journal
    .runs()
    .toReversed()
    .flatMap((run) => {
      const { cause } = run.start;
      if (runs === "programs" && cause !== "guest" && cause !== "library") return [];
      const from = Math.max(first, run.first, base + 1) as Seq;
      const to = Math.min(last, run.last) as Seq;
      return from > to ? [] : [{ run, from, to }];
    });
  for (const { run, from, to } of spans) {
    if (search.isOver()) {
      search.unseen.add(`run ${run.run} and what was before it`);
      break;
    }
    await search.lookAt(run, from, to);
  }
  // Last, so that a folder's config takes no time from our own rules.
  for (const { run, from, to } of spans) search.lookByOwnRules(run, from, to);
  const { collector, unseen } = search;
  return { findings: collector.ranked(), more: collector.more(), unseen: [...unseen] };
}

/** Selects events on files that come and go, and on content. */
const passingKinds: ReadonlySet<Kind> = new Set<Kind>([
  "create",
  "symlink",
  "mknod",
  "link",
  "rename",
  "unlink",
  "write",
  "set-size",
]);
const telltaleKinds: ReadonlySet<Kind> = new Set<Kind>(["fail", "decision", "read", "open"]);
const processKinds: ReadonlySet<Kind> = new Set<Kind>(["process"]);
const linkKinds: ReadonlySet<Kind> = new Set<Kind>(["symlink", "rename", "exchange", "link"]);
/** Steps between two looks at the clock. */
const stepsPerLook = 256;

/** A part of a run, and the states before and after it. */
interface Around {
  readonly first: Seq;
  readonly last: Seq;
  readonly before: Tree;
  readonly after: Tree;
}

class Search {
  readonly collector = new Collector();
  readonly unseen = new Set<string>();
  readonly #history: History;
  readonly #journal: Journal;
  readonly #options: FindingsOptions;
  readonly #budget: FindingsBudget;
  readonly #now: () => number;
  readonly #end: number;
  readonly #places: readonly Folder[];
  readonly #folders: readonly string[];
  readonly #ownRules: OwnRules;
  /** Paths that any of the user's own rules is about; found once they are needed. */
  #ownPaths: readonly string[] | undefined;
  #bytes = 0;
  #steps = 0;
  #place: Omit<FindingsProgress, "done"> | undefined;

  constructor(history: History, options: FindingsOptions) {
    this.#history = history;
    this.#journal = history.journal;
    this.#options = options;
    this.#budget = { ...findingsBudget, ...options.budget };
    this.#now = options.now ?? (() => performance.now());
    this.#end = this.#now() + this.#budget.milliseconds;
    this.#ownRules = new OwnRules(options.rules ?? []);
    this.#places = foldersOf(this.#journal.runs());
    this.#folders = this.#places.flatMap(({ guest }) => (guest === "/" ? [] : [guest]));
  }

  isOver(): boolean {
    return this.#now() > this.#end;
  }

  async lookAt(run: Run, first: Seq, last: Seq): Promise<void> {
    // Taken once: what is loaded of a state to compare it is there when it is searched.
    const around: Around = {
      first,
      last,
      before: this.#history.at((first - 1) as Seq),
      after: this.#history.at(last),
    };
    this.#lookAtTelltales(run, first, last);
    this.#lookAtChanges(run, around);
    await this.#lookAtPassing(run, around);
    this.#lookAtStarted(run, first, last);
  }

  /** Notes what is looked at from now on, for those who are told of progress. */
  #begin({ run }: Pick<Run, "run">, part: FindingsProgress["part"], whole: number): void {
    this.#place = { run, part, whole };
  }

  /**
   * Looks at the clock now and then, and tells of progress; notes the part that stays unseen once the time is over.
   * `done`: of what `#begin` told of.
   */
  #stops(what: string, done?: number): boolean {
    this.#steps += 1;
    return this.#steps % stepsPerLook === 0 && this.#isLate(what, done);
  }

  #isLate(what: string, done?: number): boolean {
    if (done !== undefined && this.#place !== undefined)
      this.#options.onProgress?.({ ...this.#place, done: Math.min(done, this.#place.whole) });
    if (!this.isOver()) return false;
    this.unseen.add(what);
    return true;
  }

  /** Judges calls that were refused, and files that were asked for or read. */
  #lookAtTelltales({ run }: Run, first: Seq, last: Seq): void {
    let climbing: ClimbingLinks | undefined;
    const links = () => (climbing ??= this.#climbingLinks(run, first, last));
    let left = this.#budget.events;
    this.#begin({ run }, "calls", last - first);
    const what = `some calls of run ${run}`;
    for (const event of this.#journal.query({ run, first, last, kinds: telltaleKinds })) {
      left -= 1;
      if (left < 0) this.unseen.add(what);
      if (left < 0 || this.#stops(what, event.seq - first)) return;
      if (event.kind === "fail") this.#add(remarkOnFailure(event, links), event);
      if (event.kind === "decision") this.#add(remarkOnDecision(event), event);
      if (event.kind === "read" || event.kind === "open") this.#add(remarkOnAccess(event), event);
    }
  }

  /** Looks for programs that a native program wrote before it started them. A guest starts none. */
  #lookAtStarted(run: Run, first: Seq, last: Seq): void {
    if (countProcesses(this.#journal, run) === 0) return;
    const started = new StartedPrograms(this.#journal, run, this.#places);
    const what = `some of the programs that run ${run.run} started`;
    for (const event of this.#journal.query({ run: run.run, first, last, kinds: processKinds })) {
      if (this.#isLate(what)) break;
      if (event.kind === "process") started.add(event);
    }
    if (started.isFull) this.unseen.add(what);
    const remark = started.rest();
    if (remark !== undefined) this.#add(remark, { run: run.run, ...remark });
  }

  /** Finds the links of a run that lead up from where they stand. */
  #climbingLinks(run: RunNumber, first: Seq, last: Seq): ClimbingLinks {
    const links = new ClimbingLinks();
    let left = this.#budget.events;
    for (const event of this.#journal.query({ run, first, last, kinds: linkKinds })) {
      left -= 1;
      if (left < 0) this.unseen.add(`some links of run ${run}`);
      if (left < 0 || this.#stops(`some links of run ${run}`)) break;
      links.add(event);
    }
    return links;
  }

  /** Judges events on the paths that the user's own rules are about. */
  lookByOwnRules({ run }: Run, first: Seq, last: Seq): void {
    const { kinds } = this.#ownRules;
    this.#ownPaths ??= this.#pathsOfOwnRules();
    if (this.#ownPaths.length === 0) return;
    let left = this.#budget.events;
    this.#begin({ run }, "steps", last - first);
    const what = `some steps of run ${run} by your own rules`;
    for (const event of this.#journal.query({ run, first, last, kinds, paths: this.#ownPaths })) {
      left -= 1;
      if (left < 0) this.unseen.add(what);
      if (left < 0 || this.#isLate(what, event.seq - first)) return;
      for (const remark of this.#ownRules.remarksOn(event)) this.#add(remark, event);
    }
  }

  #pathsOfOwnRules(): readonly string[] {
    const paths: string[] = [];
    for (const path of this.#ownRules.kinds.size === 0 ? [] : this.#journal.paths()) {
      if (this.#isLate("some paths of your own rules")) break;
      if (this.#ownRules.concerns(path)) paths.push(path);
    }
    return paths;
  }

  /** Judges the changes between the states before and after the run. */
  #lookAtChanges(run: Run, { first, last, before, after }: Around): void {
    const isWhole = first === run.first && last === run.last;
    const changes =
      (isWhole ? this.#options.changesOf?.(run) : undefined) ??
      diffTrees(before, after, { readTape: comparableTape(this.#journal) });
    const readTape = tapeOf(this.#journal);
    const left: LeftBehind = {
      tree: after,
      warnings: new Map(),
      folders: this.#folders,
      readTape,
    };
    const moved = new MovedFiles(before, left);
    const lookAlikes = new LookAlikes(after, changes);
    const note = (remark: Remark | undefined) => this.#remark(remark, run, first, last);
    note(remarkOnDeletion(changes, before));
    this.#begin(run, "changes", changes.length);
    for (const [done, change] of changes.entries()) {
      // Each can take a look into files.
      if (this.#isLate(`some of what run ${run.run} changed`, done)) return;
      if (isTemporary(change.path)) continue;
      note(lookAlikes.remarkOn(change));
      for (const remark of remarksOn(change, left)) note(remark);
      if (change.change !== "renamed" || change.after?.type !== "directory") continue;
      for (const remark of moved.remarksOn(change)) {
        if (this.#stops(`some of what run ${run.run} moved`)) return;
        note(remark);
      }
    }
    if (moved.isFull) this.unseen.add(`some of what run ${run.run} moved`);
  }

  /** Judges files that came and went, and the content that was written. */
  async #lookAtPassing({ run }: Run, { first, last, before, after }: Around): Promise<void> {
    const unread = `some of what run ${run} wrote`;
    const start = this.#journal.tapeLength((first - 1) as Seq);
    const readTape = readingAhead(this.#journal, start, this.#journal.tapeLength(last));
    const passing = new PassingFiles(readTape);
    const texts = new WrittenTexts(readTape, (ino) => inodeOf(before, ino) !== undefined);
    let secrets: Secrets | undefined;
    const begin = async (): Promise<Secrets> =>
      new Secrets(await loadSecretScan(), { before, after, readTape: tapeOf(this.#journal) });
    const search = async (): Promise<void> => {
      for await (const remark of secrets?.remarks() ?? []) {
        if (this.#isLate(unread)) return;
        if (remark !== undefined) this.#add(remark, { run, ...remark });
      }
    };
    const lookThrough = async (written: Iterable<WrittenText>): Promise<void> => {
      let done = 0;
      for (const text of written) {
        if (this.#stops(unread, (done += 1))) return;
        secrets ??= await begin();
        if (secrets.add(text)) await search();
      }
    };
    let left = this.#budget.events;
    const along = this.#options.along?.run === run ? this.#options.along.to : undefined;
    const kinds = along === undefined ? { kinds: passingKinds } : {};
    this.#begin({ run }, "steps", last - first);
    for (const event of this.#journal.query({ run, first, last, ...kinds })) {
      along?.take(event);
      if (!passingKinds.has(event.kind)) continue;
      left -= 1;
      if (left < 0) this.unseen.add(`later steps of run ${run}`);
      if (left < 0 || this.#stops(`later steps of run ${run}`, event.seq - first)) break;
      const passed = passing.add(event);
      if (passed !== undefined) this.#add(passed, { run, ...passed });
      if (event.kind === "set-size") texts.cut(event);
      if (event.kind !== "write") continue;
      this.#bytes += event.length;
      if (this.#bytes > this.#budget.bytes) {
        this.unseen.add(unread);
        continue;
      }
      secrets ??= await begin();
      // As `lookThrough` does, which would have every write wait.
      for (const text of texts.add(event)) {
        if (this.#stops(unread)) break;
        if (secrets.add(text)) await search();
      }
    }
    await lookThrough(texts.end());
    this.#begin({ run }, "contents", partsOf(texts));
    await lookThrough(this.#joined(texts, after, unread));
    await search();
    if (passing.isFull) this.unseen.add(`some of the files that run ${run} made and removed`);
    for (const remark of passing.rest()) this.#add(remark, { run, ...remark });
  }

  /** Yields what files hold where writes met, and where they were cut. */
  *#joined({ seams, isFull }: WrittenTexts, tree: Tree, unread: string): Generator<WrittenText> {
    if (isFull) this.unseen.add(unread);
    // In the order in which states are stored: each part of one is read once.
    const inOrder = [...seams].sort(([one], [other]) => one - other);
    for (const [ino, { parts, last: seq }] of inOrder) {
      const inode = inodeOf(tree, ino);
      if (inode?.type !== "file" || inode.names.length === 0) continue;
      const at = { path: pathOf(tree, ino), seq };
      for (const text of textsAround(parts, inode, tapeOf(this.#journal), at)) {
        this.#bytes += text.length;
        if (this.#bytes > this.#budget.bytes) {
          this.unseen.add(unread);
          return;
        }
        yield text;
      }
    }
  }

  /** Adds a remark that an event shows by itself. */
  #add(
    remark: Omit<Finding, "run" | "seq"> | undefined,
    { run, seq }: Pick<Finding, "run" | "seq">,
  ): void {
    if (remark === undefined || !this.#isAsked(remark) || !this.collector.takes(remark)) return;
    this.collector.add({ ...remark, run, seq });
  }

  /** Adds a remark on a change, with the last event on its inode. */
  #remark(remark: Remark | undefined, { run }: Run, first: Seq, last: Seq): void {
    if (remark === undefined || !this.#isAsked(remark) || !this.collector.takes(remark)) return;
    const { ino, ...rest } = remark;
    const query = { first, last, order: "reverse", ...(ino === undefined ? {} : { ino }) } as const;
    this.collector.add({ ...rest, run, seq: firstOf(this.#journal.query(query)) ?? last });
  }

  /** Applies `below`. A refused call has no path in the filesystem, and always passes. */
  #isAsked({ rule, path }: Pick<Finding, "rule" | "path">): boolean {
    const { below } = this.#options;
    if (below === undefined) return true;
    return rule === "escape" || rule === "refused" || rule === "limit" || isAtOrBelow(path, below);
  }
}

function firstOf(events: Iterable<Event>): Seq | undefined {
  for (const { seq } of events) return seq;
  return undefined;
}

/** Counts the places where writes met. */
function partsOf({ seams }: WrittenTexts): number {
  return seams
    .values()
    .reduce((sum, { parts }) => sum + (typeof parts === "number" ? 1 : parts.size), 0);
}
