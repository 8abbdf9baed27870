export { keySummary, keyTable } from "./keys/key-table.ts";
export { type TuiOptions, runTui } from "./terminal/run.ts";
