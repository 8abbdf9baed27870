export { defaultCacheFolder } from "./cache.ts";
export { Controller, type Stop } from "./control.ts";
export { type RunCode, RunError, exitOfRunCode } from "./error.ts";
export { type Guest, type LoadOptions, loadGuest } from "./guest.ts";
export type { Input } from "./input.ts";
export type { Outcome } from "./outcome.ts";
export { processSignals } from "./process-signals.ts";
export { type Output, type RunOptions, type RunResult, runGuest } from "./run-guest.ts";
export type { Trap } from "./trap.ts";
