import { setImmediate as nextTurn, setTimeout as wait } from "node:timers/promises";

import { fakeInput, fakeOutput } from "../test/support/screen/screen.ts";
import { openRecording } from "../tui/recording/recording.ts";
import { startState } from "../tui/terminal/run.ts";
import { type Session, openSession } from "../tui/terminal/session.ts";

/** A debugger with a terminal that reports writes. */
export interface Desk {
  readonly session: Session;
  readonly type: (keys: string) => void;
  /** Time of the last write to the terminal; milliseconds. */
  readonly painted: () => number;
  /** Waits until no work goes on. */
  readonly quiet: () => Promise<void>;
  readonly close: () => Promise<void>;
}

/** Opens a journal on a terminal of 120×36. */
export async function openDesk(file: string): Promise<Desk> {
  let painted = performance.now();
  const stdin = fakeInput();
  const stdout = fakeOutput(120, 36, () => {
    painted = performance.now();
  });
  const recording = openRecording(file);
  const env = { LANG: "C.UTF-8", TERM: "xterm" };
  const session = await openSession(
    { stdin, stdout, env },
    recording,
    startState({ stdout, env }, recording),
  );
  const quiet = async (): Promise<void> => {
    while (session.program.isBusy()) await nextTurn();
    await session.flushed();
    // Longer than a frame, and than a burst of keys.
    await wait(70);
  };
  await quiet();
  return {
    session,
    type: (keys) => void stdin.write(keys),
    painted: () => painted,
    quiet,
    async close() {
      session.program.press(["q"]);
      await session.ended;
      recording.close();
    },
  };
}

/** Returns this thread's processor time since then, in milliseconds. */
export function processorTime(since: NodeJS.CpuUsage): number {
  const { user, system } = process.threadCpuUsage(since);
  return (user + system) / 1_000;
}
