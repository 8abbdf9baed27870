export { apply } from "./apply.ts";
export { AsListed, type ListedEntries } from "./tree/as-listed.ts";
export { type Block, eachPiece } from "./tree/block.ts";
export {
  Content,
  blockBytes,
  changedRanges,
  contentAt,
  cover,
  emptyContent,
  extentsOf,
  readContent,
  readContentInto,
  readableBytes,
  resize,
  sameContent,
  spansOf,
} from "./tree/content.ts";
export type { Command } from "./command.ts";
export { type Basis, decide, latestTime } from "./decide.ts";
export {
  type Entries,
  bucketOf,
  buckets,
  entriesFrom,
  entriesIn,
  entriesOfBuckets,
  entryDifferences,
  getEntry,
} from "./table/entries.ts";
export { FsError, type FsCode, MisfitError } from "./limits/error.ts";
export { judgedBy } from "./judged.ts";
export type { Refusal } from "./limits/failed-opens.ts";
export { type Decision, type Gate, StateChanged } from "./gate.ts";
export { FileSystem, type Room } from "./filesystem.ts";
export type { Call, FileSystemOptions } from "./filesystem-options.ts";
export { listingOf } from "./tree/listing.ts";
export { judge, requireFit } from "./judge.ts";
export { laterTree } from "./later.ts";
export type { Lazy } from "./table/lazy.ts";
export {
  type LimitName,
  type Limits,
  limitNames,
  noLimits,
  type ProfileName,
  profiles,
} from "./limits/limits.ts";
export { signedBy } from "./signed.ts";
export { requireTree } from "./tree/require-tree.ts";
export { type Place, nameIn, resolve } from "./resolve.ts";
export { type Table, differences, entriesOf, getAt, pageOf, tableOf } from "./table/table.ts";
export {
  type Directory,
  type File,
  type Inode,
  type InodeFacts,
  type Link,
  type MutableTree,
  type Symlink,
  type Tree,
  childOf,
  emptyTree,
  inodeOf,
  isWithin,
  linkTo,
  modeOf,
  pathIn,
  pathOf,
  hasOtherMode,
  sizeOf,
  isSpecial,
  type Special,
  takesModeOf,
  usualModes,
  xattrsOf,
} from "./tree/tree.ts";
export { utf8Length } from "./tree/text-bytes.ts";
export { valueOf as xattrValue } from "./tree/xattr-value.ts";
export { sameXattrs, sortedXattrs, type Xattrs, type XattrValue } from "./tree/xattrs.ts";
export {
  type PackedTree,
  type TapeRange,
  mergedRanges,
  packTree,
  unpackTree,
} from "./tree/packed-tree.ts";
export { type Reach, Referee, type RefereeOptions } from "./referee.ts";
export { type Verdict, isDenial, verdictOf } from "./verdict.ts";
