export { type History, type HistoryOptions, openHistory } from "./history.ts";
export { replay } from "./replay.ts";
export { type RevisionCode, RevisionError, resolveRevision } from "./revision.ts";
export {
  type Entry,
  type ReadTape,
  type Stat,
  type Visit,
  compareText,
  lookup,
  readPieces,
  readRange,
  readdir,
  statOf,
  walk,
} from "./view.ts";
