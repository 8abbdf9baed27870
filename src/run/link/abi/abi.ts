import { webAssembly } from "../../wasm/web-assembly.ts";
import type { Options } from "../decode/code.ts";
import type { GuestMemory } from "./guest-memory.ts";
import type { HandleTable } from "./handle-table.ts";
import type { Lending } from "./resource-handle.ts";

/** A core function. */
export type CoreFunction = (...flat: readonly unknown[]) => unknown;

/** A component instance, as far as passing values is concerned. */
export interface Home {
  readonly handles: HandleTable;
  /** False while the guest's code runs for the host's sake, and may not call out. */
  mayLeave: boolean;
}

/** Moves values between a canonical function and the guest's memory. */
export interface Abi {
  readonly home: Home;
  readonly memory: GuestMemory | undefined;
  readonly realloc: CoreFunction | undefined;
  readonly encoding: Options["encoding"];
}

/** A call across a border of components, for which resources are lent. */
export interface AbiCall extends Abi {
  readonly lending: Lending;
}

export function memoryOf({ memory }: Abi): GuestMemory {
  if (memory === undefined) throw trap("a canonical function has no memory");
  return memory;
}

/** Asks the guest for memory. */
export function allocate(abi: Abi, size: number, align: number): number {
  if (abi.realloc === undefined) throw trap("a canonical function has no realloc");
  const { home } = abi;
  const before = home.mayLeave;
  home.mayLeave = false;
  const pointer = Number(abi.realloc(0, 0, align, size)) >>> 0;
  home.mayLeave = before;
  memoryOf(abi).check(pointer, size, align);
  return pointer;
}

export function trap(message: string): Error {
  return new webAssembly.RuntimeError(message);
}
