export { apply } from "./apply.ts";
export {
  type Block,
  type Content,
  type Piece,
  changedRanges,
  extentsOf,
  readContent,
  sameContent,
} from "./content.ts";
export { type Basis, type Command, decide, latestTime } from "./decide.ts";
export { entriesIn, entryDifferences } from "./entries.ts";
export { FsError, type FsCode } from "./error.ts";
export { type Call, FileSystem, type FileSystemOptions } from "./filesystem.ts";
export { type LimitName, type Limits, limitNames, type ProfileName, profiles } from "./limits.ts";
export { type Place, resolve } from "./resolve.ts";
export { type Table, differences, entriesOf, getAt } from "./table.ts";
export {
  type Directory,
  type File,
  type Inode,
  type Link,
  type MutableTree,
  type Symlink,
  type Tree,
  childOf,
  emptyTree,
  inodeOf,
  pathIn,
  pathOf,
  sizeOf,
  utf8Length,
} from "./tree.ts";
