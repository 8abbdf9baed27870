import { type WasmMemory, webAssembly } from "../../wasm/web-assembly.ts";

/** Views of a linear memory, valid until the guest grows it. */
export class GuestMemory {
  readonly #memory: WasmMemory;
  #bytes = new Uint8Array();
  #view = new DataView(this.#bytes.buffer);

  constructor(memory: WasmMemory) {
    this.#memory = memory;
  }

  get bytes(): Uint8Array<ArrayBuffer> {
    this.#renew();
    return this.#bytes;
  }

  get view(): DataView {
    this.#renew();
    return this.#view;
  }

  /** Traps unless so many bytes lie in the memory at the right alignment. */
  check(pointer: number, size: number, align: number): void {
    if (pointer % align !== 0) throw new webAssembly.RuntimeError("unaligned pointer");
    if (pointer + size > this.bytes.length)
      throw new webAssembly.RuntimeError("pointer out of bounds of memory");
  }

  #renew(): void {
    const { buffer } = this.#memory;
    if (this.#bytes.buffer === buffer) return;
    this.#bytes = new Uint8Array(buffer);
    this.#view = new DataView(buffer);
  }
}
