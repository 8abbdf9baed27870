import type { FsCode } from "../../fs/index.ts";

/** wasi:filesystem/types, error-code, which 0.3 has as a variant. */
export interface ErrorCode {
  readonly tag: FsCode;
}

/** A result without a value. */
export type Ended<E> =
  | { readonly tag: "ok"; readonly val: undefined }
  | { readonly tag: "err"; readonly val: E };

export const ok: Ended<never> = { tag: "ok", val: undefined };

export function failed<E>(error: E): Ended<E> {
  return { tag: "err", val: error };
}
