import { closeSync } from "node:fs";
import { deserialize } from "node:v8";

import {
  type Draft,
  type GuestRecorder,
  type Ino,
  JournalError,
  openGuestRecorder,
  systemClock,
  usualRecordsBefore,
} from "../../../journal/index.ts";
import {
  type Decision,
  FileSystem,
  FsError,
  type PackedTree,
  StateChanged,
  unpackTree,
} from "../../fs/index.ts";
import { type HeldChange, Policy, PolicyGate } from "../../rules/index.ts";
import { classify } from "../component/classify.ts";
import { refusalOfTypes } from "./admit-linked.ts";
import { ChildLine, keeperLine } from "./child-line.ts";
import { Ending } from "../ending/ending.ts";
import { describeFailure } from "../ending/failure.ts";
import { asked, said, told } from "../protocol/frames.ts";
import { type Flag, flagAt } from "../protocol/hold-flag.ts";
import { type PermissionAnswer, permissionQuestion } from "../protocol/permission.ts";
import { type Guest, makeGuest, notRunnable } from "./guest.ts";
import { type GuestSide, sinksOf, sourceOf } from "./guest-side.ts";
import { type Go, type Job, type News, type RunJob, descriptors } from "../protocol/jobs.ts";
import { serveComponent } from "./serve-component.ts";
import { serveLinked } from "./serve-linked.ts";
import { serveModule } from "./serve-module.ts";
import { Sleeper } from "../machine/sleeper.ts";
import { translate } from "../translate/translate.ts";

// The process of a guest, its generated code, and its filesystem. It holds the socket to the keeper and the log, and
// nothing else: an attacker who takes it over has no more than that.

async function translateFor({
  name,
  translator,
}: Extract<Job, { kind: "translate" }>): Promise<void> {
  const bytes = line.hearCode(descriptors.code);
  const kind = classify(bytes);
  const refusal = kind.kind === "refused" ? kind : refusalOfTypes(bytes);
  if (refusal !== undefined) throw notRunnable(name, refusal.why, refusal.hint);
  const { glue, modules, imports, entry } = await translate(name, bytes, translator);
  const files = [["", glue] as const, ...modules];
  line.sayJson(said.translated, {
    imports,
    entry: entry ?? null,
    files: files.map(([file, bytes]) => ({ name: file, bytes: bytes.length })),
  });
  for (const [, bytes] of files)
    for (let at = 0; at < bytes.length; at += pieceBytes)
      line.say(said.piece, bytes.subarray(at, at + pieceBytes));
}

const pieceBytes = 1024 * 1024;

async function run(job: RunJob): Promise<void> {
  const guest = await makeGuest(job, () => line.hearCode(descriptors.code));
  closeSync(descriptors.code);
  line.say(said.ready);
  const go = line.hearClone(told.go) as Go;
  const recorder = openGuestRecorder(keeperLine(line, descriptors.line), {
    ...go,
    file: job.journal,
    durability: job.durability,
    log: descriptors.log,
    logReader: descriptors.logReader,
    logCopy: descriptors.logCopy,
    ...(go.hasSpool ? { spool: descriptors.spool } : {}),
    now: systemClock(),
    cacheBytes: Math.min(mostCacheBytes, job.limits.memory / partOfMemory),
    ...(job.durability === "batch" ? { holdsAfter: usualRecordsBefore } : {}),
  });
  // Nobody hears of what came after a change, but not of the change.
  line.before = recorder.flushIfPossible;
  const flag = job.attachable ? flagAt(descriptors.hold) : undefined;
  /** Has a person change what they want, and goes on from there. */
  const askForNews = (): void => {
    let tree: PackedTree | undefined;
    recorder.overtake(() => {
      const news = deserialize(line.ask(asked.news, fs.open)) as News;
      tree = news.tree;
      return news;
    });
    if (tree !== undefined) fs.overtake(unpackTree(tree));
  };
  const fs = new FileSystem({
    journal: recorder,
    tree: unpackTree(go.tree),
    limits: job.limits,
    accesses: job.accesses,
    gate: gateOf(job, flag, {
      askForNews,
      flush: (draft, ino) => flushFor(recorder, () => pathOf(fs, draft, ino)),
    }),
    onForget: (ino) => {
      const number = Buffer.alloc(8);
      number.writeDoubleLE(ino);
      line.say(said.forgot, number);
    },
    onRefusal: (refusal) => line.sayJson(said.vain, refusal),
  });
  const stdin = sourceOf(line, job.hasInput);
  const look = flag === undefined ? undefined : lookingAt(flag, askForNews);
  const sleeper = new Sleeper(
    () => passing(fs),
    (milliseconds) => stdin.wait(milliseconds),
    look === undefined ? undefined : () => look(0),
  );
  const outputs = sinksOf(line, job.limits["output-bytes"]);
  const ending = new Ending(look === undefined ? undefined : () => void look(callsApart));
  using served = serve(fs, guest, job, { sleeper, ending, stdin, ...outputs });
  const outcome = await served.run();
  fs.finish();
  recorder.flush();
  const notes =
    fs.failure === undefined
      ? []
      : [`The journal refused an event, and the guest was told: ${fs.failure.message}`];
  line.sayJson(said.ended, { outcome, notes });
}

/** Returns what asks the rules of the run, if there are any, and a debugger that may hold calls. */
function gateOf(
  { rules, name }: RunJob,
  flag: Flag | undefined,
  { askForNews, flush }: { askForNews: () => void; flush: (draft?: Draft, ino?: number) => void },
): PolicyGate | undefined {
  if (rules.length === 0 && flag === undefined) return undefined;
  /** Asks the keeper; throws StateChanged after the state became another one meanwhile, and FsError. */
  const permission: AskPermission = (draft, ino, bytes) => {
    // It is asked about the state that it knows.
    flush(draft, ino);
    const { answer, ...rest } = line.askPermission(permissionQuestion(draft, ino, bytes));
    if (answer !== "again") return { ...rest, answer };
    askForNews();
    throw new StateChanged();
  };
  const now = systemClock();
  const policy = rules.length === 0 ? undefined : new Policy(rules, name);
  return new PolicyGate({
    policy,
    circumstances: {
      get time() {
        return now();
      },
    },
    ask: ({ draft, ino, bytes }) => {
      const { answer, by, add } = permission(draft, ino, bytes);
      if (add !== undefined) policy?.add(add);
      return { answer, by };
    },
    ...(flag === undefined ? {} : { hold: holding(flag, permission) }),
  });
}

type AskPermission = (
  ...about: Parameters<typeof permissionQuestion>
) => PermissionAnswer & { readonly answer: "allow" | "deny" };

/** Brings what is held to the log, for a call on a path. Throws FsError where it cannot be written. */
function flushFor(recorder: GuestRecorder, path: () => string): void {
  try {
    recorder.flush();
  } catch (error) {
    if (!(error instanceof JournalError)) throw error;
    throw new FsError(error.code === "full" ? "insufficient-space" : "io", path());
  }
}

function pathOf(fs: FileSystem, draft: Draft | undefined, ino: number | undefined): string {
  if (draft !== undefined && "path" in draft) return draft.path;
  return ino === undefined ? "/" : fs.path(ino as Ino);
}

/** Returns what asks the keeper about each change while a debugger holds some. */
function holding(
  flag: Flag,
  permission: AskPermission,
): (change: HeldChange) => Decision | undefined {
  return ({ draft, bytes }) => {
    if (!flag.isHeld()) return undefined;
    const { answer, by, held } = permission(draft, undefined, bytes);
    if (answer === "allow" || held === undefined) return undefined;
    return { ...held, action: "ask -> deny", answered: by };
  };
}

/** The flag is looked at each so many calls of the guest: that costs as much as a short call. */
const callsApart = 8;

/** Returns what asks for news if there are any, and tells if there were. */
function lookingAt(flag: Flag, askForNews: () => void): (every: number) => boolean {
  return (every) => {
    const hasNews = flag.hasNews(every);
    if (hasNews) askForNews();
    return hasNews;
  };
}

/**
 * The most bytes of tape to keep in memory for reading. They are the guest's own and the last ones; others it reads from
 * the log and the spool. Memory that is new to the process costs more than reading what little is read again.
 */
const mostCacheBytes = 16 * 1024 * 1024;
/** Less is kept for a guest whose memory is limited: this part of that. */
const partOfMemory = 16;

function serve(fs: FileSystem, guest: Guest, job: RunJob, side: GuestSide) {
  switch (guest.kind) {
    case "component":
      return serveComponent(fs, guest, job, side);
    case "linked":
      return serveLinked(fs, guest, job, side);
    case "module":
      return serveModule(fs, guest, job, side);
  }
}

/** Runs a step that no guest asked for: errors of the journal in it are not reported to the guest. */
function passing(fs: FileSystem): void {
  try {
    fs.commit();
  } catch (error) {
    throw error instanceof FsError ? (fs.failure ?? error) : error;
  }
}

async function doJob(): Promise<void> {
  try {
    const job = line.hearClone(told.job) as Job;
    await (job.kind === "translate" ? translateFor(job) : run(job));
  } catch (error) {
    line.sayJson(said.failed, describeFailure(error));
  }
}

const line = new ChildLine(descriptors.line);
// Deep enough to reach through the glue and the host to the guest's own functions.
Error.stackTraceLimit = 100;
void doJob();
