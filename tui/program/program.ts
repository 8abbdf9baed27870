import type { Background } from "../draw/theme.ts";
import type { Recording } from "../recording/recording.ts";
import type { Message } from "../state/effect.ts";
import type { Pointer } from "../state/pointer.ts";
import type { State } from "../state/state.ts";
import { lookingAhead } from "./ahead.ts";
import { answeringOn } from "./answering.ts";
import { attachingOn } from "./attaching.ts";
import { changingOn } from "./changing.ts";
import { perform } from "./effects.ts";
import { givingOut } from "./giving-out.ts";
import type { Host, Suspend } from "./host.ts";
import { lendingBy } from "./lending.ts";
import { type Loop, loopOn } from "./loop.ts";
import { playingBy } from "./playing.ts";
import { readingOn } from "./reading-on.ts";
import { reviewingOn } from "./reviewing.ts";
import { scansOn } from "./scans.ts";
import { settlingOn } from "./settling.ts";
import { slicesOn } from "./slices.ts";
import { talliesOn } from "./tallies.ts";
import { tellingBy } from "./telling.ts";
import { watchingOn } from "./watching.ts";
import { youngCollector } from "./young-space.ts";

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

export function startProgram(start: State, recording: Recording, host: Host): Program {
  const loop: Loop = loopOn(start, recording, {
    now: host.now,
    perform: (effect) => perform(effect, parts),
    after: (before, began) => follow(before, began),
  });
  const { state, dispatch } = loop;
  const parts = partsOn(loop, recording, host);
  const { settling, playing, tallies, reading, ahead } = parts;

  /** Starts and stops work that follows from the state. */
  function follow(before: State, began: number): void {
    settling.after();
    playing.after(before, state());
    tallies.after(before, state());
    reading.after(state());
    void ahead.from(state(), host.now() - began);
  }

  return {
    recording,
    state,
    subscribe: loop.subscribe,
    press(tokens) {
      const last = settling.noteKeys();
      dispatch(
        ...tokens.map((token, index): Message => {
          const pace = index < tokens.length - 1 ? "burst" : last;
          return { kind: "key", token, pace };
        }),
      );
    },
    paste: (text) => dispatch({ kind: "paste", text }),
    paintOn: (background) => dispatch({ kind: "background", background }),
    point: (pointer) => dispatch({ kind: "mouse", ...pointer }),
    resize: (columns, rows) => dispatch({ kind: "resize", columns, rows }),
    lend: parts.lending.lend,
    suspend: parts.lending.suspend,
    isBusy: () =>
      state().settled !== state().cursor ||
      [parts.reviewing, parts.scans, tallies, parts.answering, reading].some((part) =>
        part.isBusy(),
      ),
    stop() {
      loop.stop();
      const { watching, reviewing, attaching, answering } = parts;
      for (const part of [watching, playing, settling, reviewing, attaching, answering])
        part.stop();
      reading.stop();
      ahead.stop();
    },
  };
}

/** Makes the parts that carry out effects, and those that work beside the screen. */
function partsOn(loop: Loop, recording: Recording, host: Host) {
  const { now } = host;
  const telling = tellingBy(loop.dispatch);
  const common = { ...telling, now, loop, isStopped: loop.isStopped };
  const slices = slicesOn(common);
  const lending = lendingBy(host, telling.fail);
  const watching = watchingOn(recording, { ...common, besides: () => attaching.look() });
  const attaching = attachingOn(recording, { ...common, catchUp: watching.look });
  return {
    host,
    lending,
    watching,
    attaching,
    scans: scansOn(recording, { ...common, slices }),
    answering: answeringOn(recording, common),
    changing: changingOn(recording, { ...common, watching }),
    givingOut: givingOut(recording, { host, lending, telling }),
    reviewing: reviewingOn(recording, common),
    settling: settlingOn(recording, common),
    playing: playingBy(loop.dispatch),
    tallies: talliesOn(recording, { ...common, slices }),
    reading: readingOn(recording, common),
    ahead: lookingAhead(recording, now, youngCollector()),
  };
}
