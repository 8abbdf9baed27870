import type { FromKeeper, RunRequest } from "../protocol/keeper-protocol.ts";
import { OutputPump, type OutputState } from "./output-pump.ts";

/** Output that may wait for who reads it before the guest has to. */
const mostBacklogBytes = 1024 * 1024;

/** The guest's stdout and stderr, on their way to where they go. */
export class Outputs {
  readonly #pumps: readonly [OutputPump, OutputPump];
  readonly #mostBytes: number;
  #printed = 0;

  /** `onLess` is called each time when less waits than before. */
  constructor(request: RunRequest, say: (message: FromKeeper) => void, onLess: () => void) {
    const pump = (stream: "stdout" | "stderr"): OutputPump =>
      new OutputPump({
        target: request[stream],
        visible: request.terminalOutput === "visible" && request.terminals.has(stream),
        give: (bytes) => say({ kind: "output", stream, bytes }),
        onLess,
      });
    this.#pumps = [pump("stdout"), pump("stderr")];
    this.#mostBytes = request.limits["output-bytes"];
  }

  /** Takes what a guest's process printed: u8 stream, bytes. Throws RangeError where it may not. */
  print(body: Buffer): void {
    const bytes = body.subarray(1);
    const pump = body[0] === 0 || body[0] === 1 ? this.#pumps[body[0]] : undefined;
    if (pump === undefined) throw new RangeError("output to no stream");
    this.#printed += bytes.length;
    if (this.#printed > this.#mostBytes)
      throw new RangeError("more output than the limit output-bytes allows");
    pump.put(bytes);
  }

  /** Whether all that was printed is out, or lost. */
  get isEmpty(): boolean {
    return this.#backlog === 0;
  }

  /** Whether so much waits that the guest should, too. */
  get isFull(): boolean {
    return this.#backlog > mostBacklogBytes;
  }

  get states(): readonly OutputState[] {
    return this.#pumps.map(({ state }) => state);
  }

  /** The caller has dealt with so many bytes. Which of the two they belong to does not matter: the guest waits for both. */
  took(bytes: number): void {
    for (const pump of this.#pumps) pump.took(bytes);
  }

  /** Gives up what is not out yet. */
  drop(): void {
    for (const pump of this.#pumps) pump.drop();
  }

  get #backlog(): number {
    return this.#pumps[0].backlog + this.#pumps[1].backlog;
  }
}
