/** Cases of wasi:io/streams.stream-error as jco takes them from a host: thrown, and not instances of Error. */
export type StreamError =
  | { readonly tag: "closed" }
  | { readonly tag: "last-operation-failed"; readonly val: object };

export const closed: StreamError = { tag: "closed" };

export function lastOperationFailed(error: object): StreamError {
  return { tag: "last-operation-failed", val: error };
}
