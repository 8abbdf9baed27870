import { readSync, writeSync, writevSync } from "node:fs";
import { deserialize } from "node:v8";

import {
  JournalError,
  type KeeperLine,
  type PromisedPiece,
  type TapePosition,
} from "../../../journal/index.ts";
import { parseRefusal } from "../ending/failure.ts";
import type { PermissionAnswer } from "../protocol/permission.ts";
import { asked, frameHeader, headerBytes, said, told } from "../protocol/frames.ts";

/** The guest process's end of its socket to the keeper. Every call blocks until it is done. */
export class ChildLine {
  readonly #descriptor: number;
  /** Called before anything is said. */
  before: (() => void) | undefined;

  constructor(descriptor: number) {
    this.#descriptor = descriptor;
  }

  say(kind: number, ...parts: readonly Uint8Array[]): void {
    this.before?.();
    const length = parts.reduce((sum, part) => sum + part.length, 0);
    let left: Uint8Array[] = [frameHeader(kind, length), ...parts];
    while (left.length > 0) {
      let written = writevSync(this.#descriptor, left);
      left = left.flatMap((part) => {
        const taken = Math.min(written, part.length);
        written -= taken;
        return taken < part.length ? [part.subarray(taken)] : [];
      });
    }
  }

  sayJson(kind: number, value: unknown): void {
    this.say(kind, Buffer.from(JSON.stringify(value)));
  }

  /** Returns the keeper's next frame, which must be of this kind. */
  hear(kind: number): Buffer {
    const frame = this.#read();
    if (frame.kind !== kind) throw new TypeError(`the keeper said ${frame.kind}, not ${kind}`);
    return frame.body;
  }

  /** Returns the clone in the next frame. The keeper is trusted: it is the same program. */
  hearClone(kind: number): unknown {
    return deserialize(this.hear(kind));
  }

  /**
   * Returns the next file of the code that the keeper hands over: the line gives its length, a descriptor its bytes. It
   * has a buffer of its own, with some room before it.
   */
  hearCode(descriptor: number): Uint8Array<ArrayBuffer> {
    const length = this.hear(told.code).readDoubleLE(0);
    return readWhole(descriptor, Buffer.allocUnsafeSlow(roomBytes + length).subarray(roomBytes));
  }

  /**
   * Asks, and waits for the answer, which is written into `room` if it fits exactly. Throws JournalError if the keeper
   * refuses.
   */
  ask(question: number, numbers: readonly number[] = [], room?: Buffer): Buffer {
    const body = Buffer.alloc(1 + 8 * numbers.length);
    body[0] = question;
    numbers.forEach((number, index) => body.writeDoubleLE(number, 1 + 8 * index));
    this.say(said.ask, body);
    const { kind, body: answer } = this.#read(room);
    if (kind === told.refused) {
      const { code, message, hint } = parseRefusal(answer);
      throw new JournalError(code, message, hint === undefined ? {} : { hint });
    }
    if (kind !== told.answer) throw new TypeError(`the keeper said ${kind}, which is no answer`);
    return answer;
  }

  /** Asks for a permission, and waits until somebody has answered, if a rule says so. */
  askPermission(question: Buffer): PermissionAnswer {
    this.say(said.ask, Uint8Array.of(asked.permission), question);
    return JSON.parse(this.hear(told.answer).toString("utf8")) as PermissionAnswer;
  }

  #read(room?: Buffer): { readonly kind: number; readonly body: Buffer } {
    const header = readWhole(this.#descriptor, Buffer.allocUnsafe(headerBytes));
    const length = header.readUInt32LE(0) - 1;
    const place = room?.length === length ? room : Buffer.allocUnsafeSlow(length);
    const body = readWhole(this.#descriptor, place);
    return { kind: header[4] ?? 0, body };
  }
}

/** Room for what limits add to a module's sections: some bytes for each memory and table. */
const roomBytes = 256;

function readWhole<T extends Buffer>(descriptor: number, buffer: T): T {
  for (let at = 0; at < buffer.length;) {
    const count = readSync(descriptor, buffer, at, buffer.length - at, null);
    if (count === 0) throw new Error("the keeper is gone");
    at += count;
  }
  return buffer;
}

/** Decodes the answer to a question for a promised piece: see the keeper's `pieceAnswer`. */
function pieceIn(answer: Buffer): PromisedPiece {
  const [start, length, tape] = [0, 8, 16].map((at) => answer.readDoubleLE(at)) as [
    TapePosition,
    number,
    number,
  ];
  if (tape >= 0) return { start, length, tape };
  const bytesAt = 28 + answer.readUInt32LE(24);
  return {
    start,
    length,
    path: answer.toString("utf8", 28, bytesAt),
    bytes: answer.subarray(bytesAt),
  };
}

const ringFrame = frameHeader(said.ring, 0);

/** Returns the line as the recorder of events needs it. `descriptor` is the same socket. */
export function keeperLine(line: ChildLine, descriptor: number): KeeperLine {
  return {
    ring: () => void writeSync(descriptor, ringFrame),
    commit: () => line.ask(asked.commit).readDoubleLE(0),
    sync: () => line.ask(asked.sync).readDoubleLE(0),
    renew() {
      const answer = line.ask(asked.renew);
      return { tapeLength: answer.readDoubleLE(0), tag: answer.subarray(8) };
    },
    readTape: (start, end, room) => line.ask(asked.tape, [start, end], room),
    hold(start, end) {
      const answer = line.ask(asked.spool, [start, end]);
      return { end: answer.readDoubleLE(0), epoch: answer.readDoubleLE(8) };
    },
    promised: (position) => pieceIn(line.ask(asked.promised, [position])),
  };
}
