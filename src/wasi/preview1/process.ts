import type { Context } from "./context.ts";
import { errno } from "./errno.ts";

const clock = { realtime: 0, monotonic: 1 } as const;
/** The clocks of process and thread count, though they are not served; further numbers are invalid. */
const clockCount = 4;
/** The engine fills no more than 2^31 - 1 bytes at once. */
const mostRandomBytes = 1 << 24;

/** The functions of preview 1 that have nothing to do with files. */
export function processFunctions({ memory, descriptors, surroundings }: Context) {
  const { now, resolution } = surroundings;
  const args = encoded(surroundings.args);
  const environment = encoded(surroundings.environment.map(([name, value]) => `${name}=${value}`));

  const sizes = (texts: readonly Uint8Array[], count: number, size: number): number => {
    memory.check(count, 4);
    memory.check(size, 4);
    memory.setUint32(count, texts.length);
    memory.setUint32(
      size,
      texts.reduce((sum, text) => sum + text.length, 0),
    );
    return errno.success;
  };
  const copy = (texts: readonly Uint8Array[], list: number, buffer: number): number => {
    let at = buffer >>> 0;
    texts.forEach((text, index) => {
      memory.setUint32((list >>> 0) + 4 * index, at);
      memory.bytes(at, text.length).set(text);
      at += text.length;
    });
    return errno.success;
  };
  const noSocket = (fd: number): number =>
    descriptors.get(fd >>> 0) === undefined ? errno.badf : errno.notsock;

  return {
    args_sizes_get: (count: number, size: number): number => sizes(args, count, size),
    args_get: (list: number, buffer: number): number => copy(args, list, buffer),
    environ_sizes_get: (count: number, size: number): number => sizes(environment, count, size),
    environ_get: (list: number, buffer: number): number => copy(environment, list, buffer),

    clock_res_get(id: number, result: number): number {
      if (id !== clock.realtime && id !== clock.monotonic) return noClock(id);
      const step = id === clock.realtime ? resolution.realtime : resolution.monotonic;
      memory.setUint64(result, step);
      return errno.success;
    },

    clock_time_get(id: number, _precision: bigint, result: number): number {
      if (id !== clock.realtime && id !== clock.monotonic) return noClock(id);
      memory.setUint64(result, id === clock.realtime ? now.realtime() : now.monotonic());
      return errno.success;
    },

    random_get(buffer: number, size: number): number {
      const bytes = memory.bytes(buffer, size);
      for (let at = 0; at < bytes.length; at += mostRandomBytes)
        surroundings.fillRandom(bytes.subarray(at, at + mostRandomBytes));
      return errno.success;
    },

    proc_exit: (code: number): never => surroundings.exit(code & 0xff),
    proc_raise: (_signal: number): number => errno.notsup,
    sched_yield: (): number => errno.success,

    // There is no network, hence no descriptor is a socket.
    sock_accept: (fd: number, _flags: number, _result: number): number => noSocket(fd),
    sock_recv: (
      fd: number,
      _list: number,
      _count: number,
      _flags: number,
      _length: number,
      _result: number,
    ): number => noSocket(fd),
    sock_send: (
      fd: number,
      _list: number,
      _count: number,
      _flags: number,
      _result: number,
    ): number => noSocket(fd),
    sock_shutdown: (fd: number, _how: number): number => noSocket(fd),
  };
}

function noClock(id: number): number {
  return id >>> 0 < clockCount ? errno.badf : errno.inval;
}

/** Encodes texts as in C, with a NUL at the end. */
function encoded(texts: readonly string[]): Uint8Array[] {
  return texts.map((text) => Buffer.from(`${text}\0`));
}
