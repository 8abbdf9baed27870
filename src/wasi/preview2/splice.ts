import { FileInputStream } from "./input-stream.ts";
import type { InputStream, OutputStream } from "../calls/io.ts";
import { ShimOutputStream } from "./shim.ts";

/** wasi:io/streams.wit, blocking-write-and-flush: "up to 4096 bytes". */
const mostBlockingBytes = 4_096n;

const taught = Symbol("splices from files");

/**
 * Lets preview2-shim's own output streams splice from a file: they would hand both streams to their worker, which does
 * not know a file's. Other sources work as before. May be called again without harm.
 */
export function teachShimToSpliceFiles(): void {
  const prototype: OutputStream & { [taught]?: true } = ShimOutputStream.prototype;
  if (Object.hasOwn(prototype, taught)) return;
  // oxlint-disable-next-line typescript/unbound-method -- each is called on the stream at hand
  const { splice, blockingSplice } = prototype;
  Object.assign(prototype, {
    [taught]: true,
    splice(this: OutputStream, source: InputStream, length: bigint): bigint {
      if (!(source instanceof FileInputStream)) return splice.call(this, source, length);
      const permitted = this.checkWrite();
      const bytes = source.read(length < permitted ? length : permitted);
      if (bytes.length > 0) this.write(bytes);
      return BigInt(bytes.length);
    },
    blockingSplice(this: OutputStream, source: InputStream, length: bigint): bigint {
      if (!(source instanceof FileInputStream)) return blockingSplice.call(this, source, length);
      const bytes = source.blockingRead(length < mostBlockingBytes ? length : mostBlockingBytes);
      if (bytes.length > 0) this.blockingWriteAndFlush(bytes);
      return BigInt(bytes.length);
    },
  });
}
