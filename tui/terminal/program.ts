import { JournalError, type Seq } from "../../journal/index.ts";
import { type Printable, joined, printable, words } from "../../src/text/index.ts";
import { lookingAhead } from "./ahead.ts";
import { answeringOn } from "./asking.ts";
import { attachingOn } from "./attaching.ts";
import { shownTree } from "../rows/arrange.ts";
import type { Effect, Message } from "../state/effect.ts";
import type { Background } from "../draw/theme.ts";
import type { Pointer } from "../state/pointer.ts";
import type { Host, Suspend } from "./host.ts";
import { reviewingOn } from "./reviewing.ts";
import { mainRows } from "../rows/main-rows.ts";
import type { Recording } from "../recording/recording.ts";
import { type Scan, scanning } from "../state/scan.ts";
import { readingOn } from "./reading-on.ts";
import { type Work, slicesOn } from "./slices.ts";
import { talliesOn } from "./tallies.ts";
import { type SnapshotMaker, makeSnapshots } from "../recording/snapshots.ts";
import type { Plan, PlanKind, State, Toast } from "../state/state.ts";
import { carriedOut, carriedOutWithin, failureOf, marked } from "../update/told.ts";
import { update } from "../update/update.ts";
import { youngCollector } from "./young-space.ts";
import { whyNotSaved } from "../update/save.ts";
import { notThere } from "../state/whereabouts.ts";
import { carryOut, planFor, putBackWithin, setMark } from "../state/writing.ts";

/** The running debugger: a state, messages that change it, and the effects that they cause. */
export interface Program {
  readonly recording: Recording;
  readonly state: () => State;
  readonly subscribe: (listener: () => void) => () => void;
  /** Handles keys that came in together. */
  readonly press: (tokens: readonly string[]) => void;
  readonly paste: (text: string) => void;
  readonly point: (pointer: Pointer) => void;
  /** Uses colours that can be read on a background. */
  readonly paintOn: (background: Background) => void;
  readonly resize: (columns: number, rows: number) => void;
  /** Sets the function that lends the terminal to another program; known once the first frame is drawn. */
  readonly lend: (suspend: Suspend) => void;
  /** Gives the terminal back and stops the process, until it is continued. */
  readonly suspend: () => void;
  /** Tells if work goes on that will change the screen without a key: a scan, a replay, the end of a burst. */
  readonly isBusy: () => boolean;
  readonly stop: () => void;
}

/** Keys closer than this are one burst: costly work waits for its end. */
const burstMilliseconds = 50;
const pollMilliseconds = 100;
/** A scan that takes longer shows its progress. */
const patienceMilliseconds = 100;
/** Milliseconds between two pictures of progress: drawing takes time from the scan. */
const progressMilliseconds = 250;
/** Shortest time between two frames while playing. */
const frameMilliseconds = 66;

export function startProgram(start: State, recording: Recording, host: Host): Program {
  const listeners = new Set<() => void>();
  let state = start;
  let scan: Work | undefined;
  let snapshots: SnapshotMaker | undefined;
  let isHopeless = false;
  let suspend: Suspend | undefined;
  let isLent = false;
  let lastKey = Number.NEGATIVE_INFINITY;
  let isBurst = false;
  let settling: NodeJS.Timeout | undefined;
  let playing: NodeJS.Timeout | undefined;
  let lastGrowth = { at: host.now(), head: start.head };
  let stopped = false;

  const ahead = lookingAhead(recording, host.now, youngCollector());
  const slices = slicesOn({ now: host.now, fail, isStopped: () => stopped });
  const tallies = talliesOn(recording, { slices, dispatch });
  const answering = answeringOn(recording, { now: host.now, dispatch, fail });
  const reading = readingOn(recording, { now: host.now, dispatch });
  const reviewing = reviewingOn(recording, { attempt, dispatch });
  const attaching = attachingOn(recording, { now: host.now, dispatch, catchUp: poll });
  const polling = setInterval(poll, pollMilliseconds);

  function dispatch(...messages: readonly Message[]): void {
    if (stopped) return;
    const before = state;
    const begin = host.now();
    const effects: Effect[] = [];
    try {
      for (const message of messages) {
        const step = update(state, message, recording);
        state = step.state;
        effects.push(...step.effects);
      }
    } catch (error) {
      state = { ...state, overlay: { kind: "failure", ...failureOf(error) } };
    }
    for (const effect of effects) perform(effect);
    if (state === before) return;
    afterwards(before);
    void ahead.from(state, host.now() - begin);
    for (const listener of listeners) listener();
  }

  /** Starts and stops work that follows from the state. */
  function afterwards(before: State): void {
    clearTimeout(settling);
    if (state.settled !== state.cursor && snapshots === undefined) {
      const isQuick = !isBurst && state.replay === undefined;
      settling = setTimeout(settle, isQuick ? 0 : burstMilliseconds);
    }
    if (state.mode.kind !== "playing") {
      clearInterval(playing);
      playing = undefined;
    } else if (playing === undefined || before.speed !== state.speed) {
      clearInterval(playing);
      const each = Math.max(frameMilliseconds, 1_000 / state.speed);
      const events = Math.max(1, Math.round((state.speed * each) / 1_000));
      playing = setInterval(() => dispatch({ kind: "played", events }), each);
    }
    tallies.after(before, state);
    reading.after(state);
  }

  function perform(effect: Effect): void {
    switch (effect.kind) {
      case "quit":
        return host.exit(0);
      case "suspend":
        return handOver(host.stopProcess);
      case "redraw":
        return handOver(async () => {});
      case "scan":
        return startScan(effect.scan);
      case "stop-scan":
        scan?.stop();
        scan = undefined;
        return;
      case "ask":
        return answering.ask(effect.question, effect.head);
      case "stop-asking":
        return answering.stop();
      case "copy":
        host.copy(effect.text);
        return tell("done", joined([words("Copied"), effect.text]));
      case "mark":
        return attempt(words("The mark was not set"), () => {
          setMark(recording, effect.name, effect.at);
          recording.refresh();
          lastGrowth = { at: host.now(), head: recording.head() };
          const toast = marked(effect.name, effect.at);
          dispatch({ kind: "marked", head: recording.head(), toast });
        });
      case "plan":
        poll();
        return attempt(effect.event === undefined ? refusals[effect.plan] : notAlone, () => {
          const { path, to, event } = effect;
          const plan = planFor(recording, effect.plan, path, to, event);
          if (plan === undefined) tell("warning", notThere(recording, path, to));
          else dispatch({ kind: "planned", plan });
        });
      case "carry-out":
        return void doPlanned(effect.plan);
      case "review":
        poll();
        return reviewing.begin(effect.folder);
      case "apply-chosen":
        return reviewing.apply(effect.folder, effect.choices);
      case "attach":
        return attaching.begin();
      case "hold":
        return attaching.hold(effect.rules);
      case "answer-held":
        return attaching.answer(effect.id, effect.answer);
      case "pager":
        return page(effect.path, effect.at);
      case "save":
        return attempt(words("The file was not saved"), () => {
          const inode = recording.inodeAt(effect.path, effect.at);
          if (inode?.type !== "file") throw new Error(`${effect.path} is not a file any more`);
          try {
            host.save(effect.target, recording.bytes(inode, 0, inode.content.size));
          } catch (error) {
            const why = whyNotSaved(error);
            if (why === undefined) throw error;
            return dispatch({ kind: "not-saved", target: effect.target, why });
          }
          tell("done", joined([words("Saved as"), printable(effect.target)]));
        });
    }
  }

  /** Has the program that runs do it, if one does, and does it here otherwise. */
  async function doPlanned(plan: Plan): Promise<void> {
    try {
      const within = await putBackWithin(recording, plan);
      if (stopped) return;
      if (within === undefined) carryOut(recording, plan);
      recording.refresh();
      const head = recording.head();
      const toast = within === undefined ? carriedOut(plan, head) : carriedOutWithin(plan, within);
      dispatch({ kind: "carried-out", head, toast });
    } catch (error) {
      failed(error, words("Nothing was changed"));
    }
  }

  function page(path: string, at: Seq): void {
    attempt(words("The file cannot be shown"), () => {
      const inode = recording.inodeAt(path, at);
      if (inode?.type !== "file") throw new Error(`${path} is not a file at this moment`);
      const bytes = recording.bytes(inode, 0, Math.min(inode.content.size, mostPaged));
      handOver(() => host.page(path, bytes));
    });
  }

  /** Lends the terminal to another program, and draws everything anew afterwards. */
  function handOver(body: () => Promise<void>): void {
    isLent = true;
    suspend?.(body)
      .catch((error: unknown) => fail(error))
      .finally(() => {
        isLent = false;
      });
  }

  function attempt(title: Printable, body: () => void): void {
    try {
      body();
    } catch (error) {
      failed(error, title);
    }
  }

  function failed(error: unknown, title: Printable): void {
    // The holder of the lock is a better explanation than the failed work.
    const isLocked = error instanceof JournalError && error.code === "locked";
    dispatch({ kind: "failed", ...failureOf(error), ...(isLocked ? {} : { title }) });
  }

  function fail(error: unknown): void {
    dispatch({ kind: "failed", ...failureOf(error) });
  }

  function tell(kind: Toast["kind"], text: Printable): void {
    dispatch({ kind: "told", toast: { kind, text } });
  }

  function startScan(what: Scan): void {
    scan?.stop();
    const began = host.now();
    let told = Number.NEGATIVE_INFINITY;
    let anyFound = false;
    const work = slices.of(scanning(recording, what));
    scan = work;
    work.start((progress) => {
      const now = host.now();
      const isFirst = !anyFound && (progress.matches?.count ?? 0) > 0;
      anyFound ||= isFirst;
      const isDue = now - began > patienceMilliseconds && now - told > progressMilliseconds;
      if (!progress.isDone && !isFirst && !isDue) return;
      told = now;
      if (progress.isDone) scan = undefined;
      dispatch({ kind: "scanned", scan: what, progress });
    });
  }

  /** Prepares the costly panels' data once no more keys come in, in parts, so that a key in between need not wait. */
  function settle(): void {
    const { cursor } = state;
    const settled = { ...state, settled: cursor };
    const parts = [
      () => {
        if (recording.nearness(cursor) !== "far" || isHopeless) recording.tree(cursor);
        else if (recording.approach(cursor) === "unprepared") {
          clearTimeout(settling);
          prepare();
        }
      },
      () => void shownTree(settled, recording),
      () => void mainRows(settled, recording),
      () => dispatch({ kind: "settle" }),
    ];
    const go = (): void => {
      const part = parts.shift();
      if (part === undefined || stopped) return;
      settling = setTimeout(go, 0);
      settlePart(part);
    };
    go();
  }

  function settlePart(part: () => void): void {
    try {
      part();
    } catch (error) {
      clearTimeout(settling);
      // The panels report the damage in their places.
      if (error instanceof JournalError) dispatch({ kind: "settle" });
      else fail(error);
    }
  }

  function prepare(): void {
    // A journal of a depot has the snapshots that were made there.
    if (recording.elsewhere !== undefined) {
      isHopeless = true;
      return settle();
    }
    const maker = makeSnapshots(recording.file);
    snapshots = maker;
    dispatch({ kind: "preparing" });
    void maker.done.then(() => {
      snapshots = undefined;
      // If none can be stored, all events are replayed each time.
      isHopeless = true;
      if (!stopped) settle();
    });
  }

  function poll(): void {
    if (stopped) return;
    try {
      const grew = recording.refresh();
      const now = host.now();
      attaching.look();
      if (grew) {
        const head = recording.head();
        const seconds = Math.max(0.1, (now - lastGrowth.at) / 1_000);
        const rate = Math.round((head - lastGrowth.head) / seconds);
        lastGrowth = { at: now, head };
        dispatch({ kind: "grew", head, rate });
      } else if (state.rate > 0 && now - lastGrowth.at > 1_000) {
        dispatch({ kind: "idle" });
      }
    } catch (error) {
      clearInterval(polling);
      fail(error);
    }
  }

  if (state.settled !== state.cursor) settling = setTimeout(settle, burstMilliseconds);

  return {
    recording,
    state: () => state,
    subscribe(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    press(tokens) {
      const now = host.now();
      isBurst = now - lastKey < burstMilliseconds;
      lastKey = now;
      dispatch(
        ...tokens.map((token, index): Message => {
          const pace = isBurst || index < tokens.length - 1 ? "burst" : "single";
          return { kind: "key", token, pace };
        }),
      );
    },
    paste: (text) => dispatch({ kind: "paste", text }),
    paintOn: (background) => dispatch({ kind: "background", background }),
    point: (pointer) => dispatch({ kind: "mouse", ...pointer }),
    resize: (columns, rows) => dispatch({ kind: "resize", columns, rows }),
    lend(hand) {
      suspend = hand;
    },
    // While another program has the terminal, that program restores it itself.
    suspend: () => (isLent ? void host.stopProcess() : handOver(host.stopProcess)),
    isBusy: () =>
      reviewing.isBusy() ||
      scan !== undefined ||
      tallies.isBusy() ||
      answering.isBusy() ||
      reading.isBusy() ||
      state.settled !== state.cursor,
    stop() {
      stopped = true;
      clearInterval(polling);
      clearInterval(playing);
      clearTimeout(settling);
      reviewing.stop();
      attaching.stop();
      answering.stop();
      reading.stop();
      ahead.stop();
      snapshots?.stop();
    },
  };
}

const notAlone = words("Not undone by itself; r puts the path back");
const refusals = {
  restore: words("It cannot be restored"),
  undo: words("Nothing can be undone"),
  redo: words("Nothing can be redone"),
} as const satisfies Record<PlanKind, Printable>;

/** Most bytes that are given to a pager. */
const mostPaged = 64 * 1024 * 1024;
