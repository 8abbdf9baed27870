import type { FromKeeper, RunRequest } from "../../protocol/keeper-protocol.ts";
import { OutputPump, type OutputState } from "./output-pump.ts";

/** Output that may wait for its reader before the guest has to. */
const mostBacklogBytes = 1024 * 1024;

/** The guest's stdout and stderr, on their way to their destinations. */
export class Outputs {
  readonly #pumps: readonly [OutputPump, OutputPump];
  readonly #mostBytes: number;
  #printed = 0;

  /** `onLess` is called whenever fewer bytes are waiting than before. */
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

  /** Takes bytes that a guest's process printed: u8 stream, bytes. Throws RangeError for any other stream. */
  print(body: Buffer): void {
    const bytes = body.subarray(1);
    const pump = body[0] === 0 || body[0] === 1 ? this.#pumps[body[0]] : undefined;
    if (pump === undefined) throw new RangeError("output to no stream");
    this.#printed += bytes.length;
    if (this.#printed > this.#mostBytes)
      throw new RangeError("more output than the limit output-bytes allows");
    pump.put(bytes);
  }

  /** Tells if all printed bytes are out, or lost. */
  get isEmpty(): boolean {
    return this.#backlog === 0;
  }

  /** Tells if so much is waiting that the guest should wait, too. */
  get isFull(): boolean {
    return this.#backlog > mostBacklogBytes;
  }

  get states(): readonly OutputState[] {
    return this.#pumps.map(({ state }) => state);
  }

  /** Notes that the caller has dealt with so many bytes, of either output: the guest waits for both. */
  took(bytes: number): void {
    for (const pump of this.#pumps) pump.took(bytes);
  }

  /** Drops the waiting bytes. */
  drop(): void {
    for (const pump of this.#pumps) pump.drop();
  }

  get #backlog(): number {
    return this.#pumps[0].backlog + this.#pumps[1].backlog;
  }
}
