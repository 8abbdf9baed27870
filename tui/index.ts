export { type TuiOptions, runTui } from "./terminal/run.ts";
