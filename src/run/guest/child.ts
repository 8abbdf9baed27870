import { closeSync } from "node:fs";

import { openGuestRecorder, systemClock } from "../../../journal/index.ts";
import { type Decision, FileSystem, FsError, unpackTree } from "../../fs/index.ts";
import { type HeldChange, Policy, PolicyGate } from "../../rules/index.ts";
import { classify } from "../component/classify.ts";
import { refusalOfTypes } from "./admit-linked.ts";
import { ChildLine, keeperLine } from "./child-line.ts";
import { Ending } from "../ending/ending.ts";
import { describeFailure } from "../ending/failure.ts";
import { said, told } from "../protocol/frames.ts";
import { holdFlagAt } from "../protocol/hold-flag.ts";
import { permissionQuestion } from "../protocol/permission.ts";
import { type Guest, makeGuest, notRunnable } from "./guest.ts";
import { type GuestSide, sinksOf, sourceOf } from "./guest-side.ts";
import { type Go, type Job, type RunJob, descriptors } from "../protocol/jobs.ts";
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
    ...(go.hasSpool ? { spool: descriptors.spool } : {}),
    now: systemClock(),
    cacheBytes: Math.min(mostCacheBytes, job.limits.memory / partOfMemory),
  });
  const fs = new FileSystem({
    journal: recorder,
    tree: unpackTree(go.tree),
    limits: job.limits,
    accesses: job.accesses,
    gate: gateOf(job),
    onForget: (ino) => {
      const number = Buffer.alloc(8);
      number.writeDoubleLE(ino);
      line.say(said.forgot, number);
    },
    onRefusal: (refusal) => line.sayJson(said.vain, refusal),
  });
  const stdin = sourceOf(line, job.hasInput);
  const sleeper = new Sleeper(
    () => passing(fs),
    (milliseconds) => stdin.wait(milliseconds),
  );
  const outputs = sinksOf(line, job.limits["output-bytes"]);
  using served = serve(fs, guest, job, { sleeper, ending: new Ending(), stdin, ...outputs });
  const outcome = await served.run();
  fs.finish();
  const notes =
    fs.failure === undefined
      ? []
      : [`The journal refused an event, and the guest was told: ${fs.failure.message}`];
  line.sayJson(said.ended, { outcome, notes });
}

/** Returns what asks the rules of the run, if there are any, and a debugger that may hold calls. */
function gateOf({ rules, name, attachable }: RunJob): PolicyGate | undefined {
  if (rules.length === 0 && !attachable) return undefined;
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
      const { answer, by, add } = line.askPermission(permissionQuestion(draft, ino, bytes));
      if (add !== undefined) policy?.add(add);
      return { answer, by };
    },
    ...(attachable ? { hold: holding(holdFlagAt(descriptors.hold)) } : {}),
  });
}

/** Returns what asks the keeper about each change while a debugger holds some. */
function holding(isSet: () => boolean): (change: HeldChange) => Decision | undefined {
  return ({ draft, bytes }) => {
    if (!isSet()) return undefined;
    const question = permissionQuestion(draft, undefined, bytes);
    const { answer, by, held } = line.askPermission(question);
    if (answer === "allow" || held === undefined) return undefined;
    return { ...held, action: "ask -> deny", answered: by };
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
