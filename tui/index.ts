export { keySummary, keyTable } from "./key-table.ts";
export { type TuiOptions, runTui } from "./run.ts";
