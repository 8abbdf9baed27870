import type { Event, Journal, Kind, Run, Seq } from "../../journal/index.ts";
import {
  type Change,
  type History,
  comparableTape,
  diffTrees,
  isAtOrBelow,
  tapeOf,
} from "../history/index.ts";
import { foldersOf } from "../host/index.ts";
import { type LeftBehind, type Remark, remarksOn } from "./changes.ts";
import { Collector } from "./collector.ts";
import { remarkOnDeletion } from "./deletion.ts";
import type { Finding, RuleName } from "./finding.ts";
import { PassingFiles } from "./passing.ts";
import { remarkOnAccess, remarkOnFailure } from "./refusals.ts";
import { loadSecretScan } from "./secret-scan.ts";
import { Secrets } from "./secrets.ts";
import { LookAlikes } from "./siblings.ts";
import { isTemporary } from "./temporary.ts";
import { WrittenTexts } from "./written.ts";

/** How much of a record is looked at. */
export interface FindingsBudget {
  /** Of what was written, for secrets. */
  readonly bytes: number;
  /** Of each run. */
  readonly events: number;
  readonly milliseconds: number;
}

export interface FindingsOptions {
  /** Only what happened from this event on. */
  readonly first?: number;
  /** Only what happened up to this event. */
  readonly last?: number;
  /** Only what is at or below this path. */
  readonly below?: string;
  /** Whether only programs are looked at, or what was imported, restored and applied, too. */
  readonly runs?: "programs" | "all";
  readonly budget?: Partial<FindingsBudget>;
  /** What a run changed, where it is known. */
  readonly changesOf?: (run: Run) => readonly Change[] | undefined;
  /** Milliseconds. */
  readonly now?: () => number;
}

/** What deserves a look. */
export interface Findings {
  /** The most urgent first. */
  readonly findings: readonly Finding[];
  /** How many more there are of a rule than are given. */
  readonly more: ReadonlyMap<RuleName, number>;
  /** What was not looked at for want of time; empty where all was. */
  readonly unseen: readonly string[];
}

/** Enough for a record of some million events. */
export const findingsBudget: FindingsBudget = {
  bytes: 1024 ** 3,
  events: 5_000_000,
  milliseconds: 60_000,
};

/** What a person who waits for a command gets. */
export const quickBudget: FindingsBudget = {
  bytes: 16 * 1024 ** 2,
  events: 50_000,
  milliseconds: 1_500,
};

/** Finds what deserves a look in what programs did, the last run first, by the rules of docs/findings.md. */
export async function findingsIn(
  history: History,
  options: FindingsOptions = {},
): Promise<Findings> {
  const { journal } = history;
  const { first = 1, last = journal.head(), runs = "programs" } = options;
  const base = journal.base()?.seq ?? 0;
  const search = new Search(history, options);
  for (const run of journal.runs().toReversed()) {
    const { cause } = run.start;
    if (runs === "programs" && cause !== "guest" && cause !== "library") continue;
    const from = Math.max(first, run.first, base + 1);
    const to = Math.min(last, run.last);
    if (from > to) continue;
    if (search.isOver()) {
      search.unseen.add(`run ${run.run} and what was before it`);
      break;
    }
    await search.lookAt(run, from as Seq, to as Seq);
  }
  const { collector, unseen } = search;
  return { findings: collector.ranked(), more: collector.more(), unseen: [...unseen] };
}

/** Kinds of events that tell of files that come and go, and of what is written. */
const passingKinds: ReadonlySet<Kind> = new Set<Kind>([
  "create",
  "symlink",
  "link",
  "rename",
  "unlink",
  "write",
]);
const telltaleKinds: ReadonlySet<Kind> = new Set<Kind>(["fail", "read", "open"]);
/** So many steps are taken between two looks at the clock. */
const stepsPerLook = 256;

class Search {
  readonly collector = new Collector();
  readonly unseen = new Set<string>();
  readonly #history: History;
  readonly #journal: Journal;
  readonly #options: FindingsOptions;
  readonly #budget: FindingsBudget;
  readonly #now: () => number;
  readonly #end: number;
  readonly #folders: readonly string[];
  #bytes = 0;
  #steps = 0;

  constructor(history: History, options: FindingsOptions) {
    this.#history = history;
    this.#journal = history.journal;
    this.#options = options;
    this.#budget = { ...findingsBudget, ...options.budget };
    this.#now = options.now ?? (() => performance.now());
    this.#end = this.#now() + this.#budget.milliseconds;
    this.#folders = foldersOf(this.#journal.runs()).flatMap(({ guest }) =>
      guest === "/" ? [] : [guest],
    );
  }

  isOver(): boolean {
    return this.#now() > this.#end;
  }

  async lookAt(run: Run, first: Seq, last: Seq): Promise<void> {
    this.#lookAtTelltales(run, first, last);
    this.#lookAtChanges(run, first, last);
    await this.#lookAtPassing(run, first, last);
  }

  /** Now and then, whether the time is over: then it is noted what is left unseen. */
  #stops(what: string): boolean {
    this.#steps += 1;
    return this.#steps % stepsPerLook === 0 && this.#isLate(what);
  }

  #isLate(what: string): boolean {
    if (!this.isOver()) return false;
    this.unseen.add(what);
    return true;
  }

  /** What was refused, asked for or read. */
  #lookAtTelltales({ run }: Run, first: Seq, last: Seq): void {
    let left = this.#budget.events;
    for (const event of this.#journal.query({ run, first, last, kinds: telltaleKinds })) {
      left -= 1;
      if (left < 0) this.unseen.add(`calls of run ${run}`);
      if (left < 0 || this.#stops(`calls of run ${run}`)) return;
      if (event.kind === "fail") this.#add(remarkOnFailure(event), event);
      if (event.kind === "read" || event.kind === "open") this.#add(remarkOnAccess(event), event);
    }
  }

  /** What the run left. */
  #lookAtChanges(run: Run, first: Seq, last: Seq): void {
    const before = this.#history.at((first - 1) as Seq);
    const after = this.#history.at(last);
    const isWhole = first === run.first && last === run.last;
    const changes =
      (isWhole ? this.#options.changesOf?.(run) : undefined) ??
      diffTrees(before, after, { readTape: comparableTape(this.#journal) });
    const readTape = tapeOf(this.#journal);
    const left: LeftBehind = { tree: after, folders: this.#folders, readTape };
    const lookAlikes = new LookAlikes(after, changes);
    const note = (remark: Remark | undefined) => this.#remark(remark, run, first, last);
    note(remarkOnDeletion(changes, before));
    for (const change of changes) {
      if (this.#stops(`some of what run ${run.run} changed`)) return;
      if (isTemporary(change.path)) continue;
      note(lookAlikes.remarkOn(change));
      for (const remark of remarksOn(change, left)) note(remark);
    }
  }

  /** What came and went, and what was written. */
  async #lookAtPassing({ run }: Run, first: Seq, last: Seq): Promise<void> {
    const readTape = tapeOf(this.#journal);
    const passing = new PassingFiles(readTape);
    const texts = new WrittenTexts(readTape);
    let secrets: Secrets | undefined;
    const lookThrough = async (written: ReturnType<WrittenTexts["end"]>): Promise<void> => {
      for (const text of written) {
        if (this.#isLate("some of what was written")) return;
        secrets ??= new Secrets(await loadSecretScan(), {
          before: this.#history.at((first - 1) as Seq),
          after: this.#history.at(last),
          readTape,
        });
        for (const remark of await secrets.remarksOn(text)) this.#add(remark, { run, ...remark });
      }
    };
    let left = this.#budget.events;
    for (const event of this.#journal.query({ run, first, last, kinds: passingKinds })) {
      left -= 1;
      if (left < 0) this.unseen.add(`later steps of run ${run}`);
      if (left < 0 || this.#stops(`later steps of run ${run}`)) break;
      this.#add(passing.add(event), event);
      if (event.kind !== "write") continue;
      this.#bytes += event.length;
      if (this.#bytes <= this.#budget.bytes) await lookThrough(texts.add(event));
      else this.unseen.add("some of what was written");
    }
    await lookThrough(texts.end());
    const others = passing.others();
    if (others !== undefined) this.#add(others, { run, ...others });
  }

  /** Adds what an event shows by itself. */
  #add(
    remark: Omit<Finding, "run" | "seq"> | undefined,
    { run, seq }: Pick<Finding, "run" | "seq">,
  ): void {
    if (remark === undefined || !this.#isAsked(remark) || !this.collector.takes(remark)) return;
    this.collector.add({ ...remark, run, seq });
  }

  /** Adds what states show: the last event on the inode tells most of it. */
  #remark(remark: Remark | undefined, { run }: Run, first: Seq, last: Seq): void {
    if (remark === undefined || !this.#isAsked(remark) || !this.collector.takes(remark)) return;
    const { ino, ...rest } = remark;
    const query = { first, last, order: "reverse", ...(ino === undefined ? {} : { ino }) } as const;
    this.collector.add({ ...rest, run, seq: firstOf(this.#journal.query(query)) ?? last });
  }

  /** What was refused has no path in the filesystem, and is asked for always. */
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
