import { type Poll, alwaysReady } from "../machine/poll.ts";
import { type InputStream, HostError, HostOutputStream } from "../../wasi/index.ts";
import { closed, lastOperationFailed } from "./stream-error.ts";
import { webAssembly } from "../wasm/web-assembly.ts";

/** Takes the bytes that a guest prints. Throws the errors of node:fs. */
export type Sink = (bytes: Uint8Array) => void;

/** Bytes that a guest may write before it asks again. */
const permit = 1n << 20n;
/** Most printed bytes passed on at once, so that little lies between a guest and its reader. */
const mostPieceBytes = 1 << 20;

/** Prints to a sink until that fails; later output is dropped. */
export class Outlet {
  readonly #sink: Sink;
  /** Code of the error. */
  failure: string | undefined;

  constructor(sink: Sink) {
    this.#sink = sink;
  }

  put(bytes: Uint8Array): void {
    for (let at = 0; at < bytes.length && this.failure === undefined; at += mostPieceBytes)
      this.#give(bytes.subarray(at, at + mostPieceBytes));
  }

  #give(bytes: Uint8Array): void {
    try {
      this.#sink(bytes);
    } catch (thrown) {
      const code = codeOf(thrown);
      if (code === undefined) throw thrown;
      this.failure = code;
    }
  }
}

/** Returns a wasi:io output stream that writes to an outlet. */
export function createOutput(outlet: Outlet, { Pollable }: Poll) {
  const requireOpen = (): void => {
    if (outlet.failure !== undefined) throw closed;
  };
  const put = (bytes: Uint8Array): void => {
    requireOpen();
    outlet.put(bytes);
    if (outlet.failure === undefined) return;
    throw outlet.failure === "EPIPE"
      ? closed
      : lastOperationFailed(new HostError(`cannot write: ${outlet.failure}`));
  };
  const zeroes = (length: bigint): void => {
    if (length > permit)
      throw new webAssembly.RuntimeError("write-zeroes of more than check-write permitted");
    put(new Uint8Array(Number(length)));
  };

  const move = (bytes: Uint8Array): bigint => {
    put(bytes);
    return BigInt(bytes.length);
  };

  class Output extends HostOutputStream {
    override checkWrite(): bigint {
      requireOpen();
      return permit;
    }
    override write(bytes: Uint8Array): void {
      if (BigInt(bytes.length) > permit)
        throw new webAssembly.RuntimeError("write of more than check-write permitted");
      put(bytes);
    }
    override blockingWriteAndFlush(bytes: Uint8Array): void {
      // wasi:io/streams.wit, blocking-write-and-flush: up to 4,096 bytes.
      if (bytes.length > 4_096)
        throw new webAssembly.RuntimeError("blocking-write-and-flush of more than 4096 bytes");
      put(bytes);
    }
    override flush(): void {
      requireOpen();
    }
    override blockingFlush(): void {
      this.flush();
    }
    override writeZeroes(length: bigint): void {
      zeroes(length);
    }
    override blockingWriteZeroesAndFlush(length: bigint): void {
      if (length > 4_096n)
        throw new webAssembly.RuntimeError(
          "blocking-write-zeroes-and-flush of more than 4096 bytes",
        );
      zeroes(length);
    }
    override splice(source: InputStream, length: bigint): bigint {
      return move(source.read(length < permit ? length : permit));
    }
    override blockingSplice(source: InputStream, length: bigint): bigint {
      return move(source.blockingRead(length < permit ? length : permit));
    }
    override subscribe() {
      return new Pollable(alwaysReady);
    }
  }
  return new Output();
}

function codeOf(thrown: unknown): string | undefined {
  return thrown instanceof Error && "code" in thrown && typeof thrown.code === "string"
    ? thrown.code
    : undefined;
}
