import { type ChildLine } from "./child-line.ts";
import type { Ending } from "../ending/ending.ts";
import { asked, said } from "../protocol/frames.ts";
import type { Sleeper } from "../machine/sleeper.ts";
import { type Arrived, type Source, askingSource, emptySource } from "./standard-input.ts";
import type { Sink } from "./standard-output.ts";

/** Everything that each guest finds in its process, whatever its kind. */
export interface GuestSide {
  readonly sleeper: Sleeper;
  readonly ending: Ending;
  readonly stdin: Source;
  readonly stdout: Sink;
  readonly stderr: Sink;
}

/** Returns the source of a guest's input. */
export function sourceOf(line: ChildLine, hasInput: boolean): Source {
  if (!hasInput) return emptySource;
  return askingSource((milliseconds): Arrived => {
    const answer = line.ask(asked.input, [milliseconds]);
    if (answer[0] === 0) return "nothing";
    return answer[0] === 1 ? "end" : answer.subarray(1);
  });
}

/**
 * Returns the destinations of a guest's output. They send it to the keeper, which may lag, so that a closed output is
 * noticed some lines late. Refuses more than `mostBytes` for both together.
 */
export function sinksOf(
  line: ChildLine,
  mostBytes: number,
): { readonly stdout: Sink; readonly stderr: Sink } {
  let printed = 0;
  let unasked = 0;
  let askedAt = 0;
  let failures = [0, 0];

  const sink =
    (stream: 0 | 1): Sink =>
    (bytes) => {
      if (failures[stream] === 0 && isTimeToAsk(bytes.length))
        failures = [...line.ask(asked.outputs)];
      const failed = failures[stream] ?? 0;
      if (failed !== 0) throw systemError(failed === 1 ? "EPIPE" : "EIO");
      if (printed + bytes.length > mostBytes) throw systemError("EFBIG");
      printed += bytes.length;
      line.say(said.output, Uint8Array.of(stream), bytes);
    };

  function isTimeToAsk(length: number): boolean {
    unasked += length;
    const now = performance.now();
    if (unasked < askedBytes && now - askedAt < askedMilliseconds) return false;
    unasked = 0;
    askedAt = now;
    return true;
  }

  return { stdout: sink(0), stderr: sink(1) };
}

const askedBytes = 64 * 1024;
const askedMilliseconds = 10;

function systemError(code: string): Error {
  return Object.assign(new Error(code), { code });
}
