export {
  type AccessFact,
  type ControlFact,
  type Draft,
  type Event,
  type Extent,
  type Fact,
  type Ino,
  isMutation,
  type Kind,
  type Mutation,
  type MutationFact,
  type Name,
  parseName,
  rootIno,
  type RunEnd,
  type RunKind,
  type RunNumber,
  type RunStart,
  type Seq,
  type Stamp,
  type TapePosition,
} from "./event.ts";
export {
  type Durability,
  type Journal,
  type JournalCode,
  JournalError,
  type JournalWriter,
  type Query,
  type Recorder,
  type Run,
} from "./journal.ts";
export { besideEnds, filesOf } from "./beside.ts";
export { type Copy, copyJournal } from "./copy.ts";
export {
  type GuestRecorderOptions,
  type GuestSituation,
  type KeeperLine,
  longestLog,
  openGuestRecorder,
} from "./guest-recorder.ts";
export { BreachError, type Keeper, type KeeperOptions, openKeeper } from "./keeper.ts";
export { systemClock } from "./clock.ts";
export type { UsedSpan } from "./kept.ts";
export { defaultLimits, type Limits } from "./limits.ts";
export { isBeingWritten } from "./lock.ts";
export { type LeftTail, openReader, type ReaderOptions } from "./reader.ts";
export { headerBytes, isJournal, resolvePath } from "./recognise.ts";
export type { Base } from "./base.ts";
export {
  compact,
  type Compaction,
  type CompactOptions,
  type FoldedState,
  lastCommit,
  planCompaction,
} from "./compact.ts";
export { type Redaction, redact, type RedactOptions } from "./redact.ts";
export { type RedactedSpan, redactedWrites, type TapeSpan } from "./redaction.ts";
export { fingerprintOf, derOf, type KeyCode, KeyError, publicKey, signingKey } from "./key.ts";
export { type Signature, signHead } from "./sign.ts";
export { openSnapshots, type Snapshots, type StoredSnapshot } from "./snapshots.ts";
export { type Verdict, verify, type VerifyOptions } from "./verify.ts";
export { openWriter, type WriterOptions } from "./writer.ts";
