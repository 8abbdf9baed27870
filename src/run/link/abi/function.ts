import type { FunctionType } from "./value-types.ts";

/** Receives the progress of a call. */
export interface Calling {
  /** Returns the arguments when the callee begins. */
  begin(): readonly unknown[];
  /** Called when the callee has returned, or was cancelled before. */
  end(how: "returned" | "cancelled", result: unknown): void;
}

/** A call that has not returned yet. */
export interface Call {
  /** True once it has begun. */
  readonly hasBegun: boolean;
  /** Asks it to end soon. */
  cancel(): void;
}

/** A function of the component model: the host's, or one that a component lifts. */
export interface ComponentFunction {
  readonly type: FunctionType;
  call(calling: Calling): Call;
}
