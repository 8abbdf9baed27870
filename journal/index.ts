export { bytesOfText, isByteText, textOfBytes } from "./format/byte-text.ts";
export {
  type AccessFact,
  type ByProcess,
  type Brand,
  type ControlFact,
  type Draft,
  type Event,
  type Extent,
  type Fact,
  type Ino,
  type Kind,
  largestMode,
  type Mutation,
  type MutationFact,
  type Name,
  type OnEntry,
  type OnInode,
  type OnNew,
  mostXattrBytes,
  parseName,
  personsPid,
  type Plain,
  type ProcessFact,
  type ProcessNumber,
  promisedFrom,
  type Removal,
  rootIno,
  type RunEnd,
  type RunKind,
  type RunNumber,
  type RunStart,
  type Seq,
  type SpecialType,
  specialTypes,
  type Stamp,
  type TapePosition,
} from "./format/event.ts";
export { faultOfLabels, isXattrName } from "./format/encoding.ts";
export { bytesOfFact, factOfBytes } from "./format/fact-bytes.ts";
export { faultOfGuest } from "./format/guest-events.ts";
export {
  bytesAdded,
  doneBySomebody,
  hasBytes,
  isMutation,
  type Move,
  movesOf,
  mutationKinds,
  pathsOf,
  type WithBytes,
} from "./format/kinds.ts";
export {
  type Fetched,
  type HostStamp,
  type Listed,
  type ListedFile,
  type ListingEvent,
  pieceAt,
  pieceBytes,
  type PromisedFile,
} from "./format/promise.ts";
export { hasStamp, readPromised, stampOf, type Unreadable } from "./promises/host-file.ts";
export { Listing } from "./promises/listing.ts";
export { ListWriter } from "./promises/list-writer.ts";
export { sealedListing } from "./snapshots/listing-seal.ts";
export { listedPath, readListing, unread, unreadable } from "./promises/promises.ts";
export {
  type ChosenPlaces,
  type Durability,
  type Journal,
  type JournalCode,
  JournalError,
  type JournalWriter,
  type Query,
  type Recorder,
  type Run,
  type SeqQuery,
} from "./interface/journal.ts";
export { makeFolder, sealKeyPath, stateFolder } from "./snapshots/seal.ts";
export { deletedMark, deletionOfMark } from "./format/mark-name.ts";
export { besideEnds, filesOf } from "./beside/beside.ts";
export { openUnnamed } from "./beside/unnamed.ts";
export { type Copy, copyJournal } from "./rewrite/copy.ts";
export {
  type GuestRecorder,
  type GuestRecorderOptions,
  type GuestSituation,
  openGuestRecorder,
  type Overtaken,
} from "./keeper/guest-recorder.ts";
export type { KeeperLine, PromisedPiece } from "./keeper/keeper-line.ts";
export { usualRecordsBefore } from "./keeper/held-records.ts";
export { mostSpooledBytes, type SpoolAnswer } from "./keeper/spooled-tape.ts";
export { longestLog } from "./keeper/guest-log.ts";
export { type Keeper, type KeeperOptions, openKeeper } from "./keeper/keeper.ts";
export { BreachError } from "./keeper/taken-records.ts";
export { systemClock } from "./file/clock.ts";
export { segmentBytes } from "./tape/segment.ts";
export { SpoolFile } from "./tape/spool-file.ts";
export type { UsedSpan } from "./rewrite/retained-spans.ts";
export { defaultBuffering, type Buffering } from "./file/buffering.ts";
export { isBeingWritten } from "./writer/lock.ts";
export { type LeftTail, openReader, type ReaderOptions } from "./writer/reader.ts";
export { headerBytes, isJournal, resolvePath } from "./file/recognise.ts";
export type { Base, StoredBase } from "./format/base.ts";
export {
  basePageDigest,
  compact,
  type Compaction,
  type CompactOptions,
  type BaseState,
  lastCommit,
  planCompaction,
} from "./rewrite/compact.ts";
export { type Redaction, redact, type RedactOptions } from "./rewrite/redact.ts";
export {
  type RedactedRow,
  type RedactedSpan,
  redactedWrites,
  type TapeSpan,
} from "./format/redaction.ts";
export {
  fingerprintOf,
  derOf,
  type KeyCode,
  KeyError,
  keyOfDer,
  publicKey,
  signingKey,
} from "./verify/key.ts";
export { headSignature, isHeadSignature, type Signature, signHead } from "./verify/sign.ts";
export {
  type ShippedTo,
  keepDestination,
  keepReceipt,
  keepSignature,
  shippedTo,
} from "./verify/shipped.ts";
export { mergePacks, redactPack, type SpanToRedact } from "./pack/change-pack.ts";
export { checkPack, emptyState, type PackState } from "./pack/check-pack.ts";
export {
  decodePack,
  decodePackHead,
  encodePack,
  eventsOf,
  type Pack,
  type PackHead,
  type PackedCommit,
  type PackedEvent,
  type PackRange,
} from "./pack/pack.ts";
export { defaultPackBounds, openPacking, type PackBounds, type Packing } from "./pack/packing.ts";
export { openUnpacking, type Unpacking } from "./pack/unpacking.ts";
export { type Cut, type Cutter, openCutter } from "./sparse/cutter.ts";
export { requireWhole } from "./sparse/file.ts";
export { openRemoteRows } from "./sparse/source.ts";
export { StoreFault } from "./sparse/wanted.ts";
export type { GivenView, ObjectRange, RemoteStore } from "./sparse/store.ts";
export { memorySnapshots } from "./snapshots/memory-snapshots.ts";
export type { RowSource, SearchTarget, SeqRange } from "./interface/row-source.ts";
export type { SnapshotStore, StoredSnapshot } from "./interface/snapshot-store.ts";
export { type RedactedCount } from "./verify/redaction.ts";
export { type Aside, answerAside, aside } from "./verify/aside.ts";
export { type Verdict, verify, type VerifyOptions } from "./verify/verify.ts";
export { verifyAside } from "./verify/verify-aside.ts";
export { openWriter, type WriterOptions } from "./writer/writer.ts";
