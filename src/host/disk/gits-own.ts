import type { Inode } from "../../fs/index.ts";
import { foldedName } from "./folded-name.ts";

/** Returns why an entry of a directory stays behind as git's own; undefined for all others. */
export type GitsOwn = (name: string, type: Inode["type"]) => string | undefined;

/** Takes git's own entries along. */
export const nothing: GitsOwn = () => undefined;

/**
 * Returns a function that recognises git's own among the entries of one directory, which must all be given: a folder
 * named .git in any spelling, and the parts of a repository if the directory is one itself, whatever its name. Git runs
 * the commands in a repository's configuration and hooks for anybody who asks it for anything in or below it.
 */
export function gitsOwn(names: Iterable<string>): GitsOwn {
  const isInside = isRepository(names);
  return (name, type) => {
    if (isGitFolder(name)) return "git runs commands from it";
    if (type === "symlink" && isGitModules(name)) return "git takes no link of that name";
    return isInside && isRepositoryPart(name)
      ? "git runs commands from a directory like this"
      : undefined;
  };
}

/** Tells if an entry of that name can make its directory a repository. */
export function isRepositoryPart(name: string): boolean {
  const seen = foldedName(name);
  return repositoryParts.has(seen) || seen.endsWith("_head");
}

/** Follows all of git's verify_path (read-cache.c), is_hfs_dotgit (utf8.c) and is_ntfs_dotgit (path.c). */
export function isGitFolder(name: string): boolean {
  const seen = foldedName(name);
  return seen === ".git" || seen === "git~1";
}

/** Follows git's is_ntfs_dotgitmodules (path.c): the long name, and the short ones that NTFS may give it. */
export function isGitModules(name: string): boolean {
  const seen = foldedName(name);
  return seen === ".gitmodules" || /^(?:gitmod~[1-4]|(?=.{8}$)g?i?7?e?b?a?~[1-9]\d*)$/.test(seen);
}

/**
 * Follows git's is_git_directory (setup.c): a head, and objects and refs here or in the directory that `commondir`
 * names.
 */
function isRepository(names: Iterable<string>): boolean {
  const seen = new Set(Iterator.from(names).map(foldedName));
  return seen.has("head") && (seen.has("commondir") || (seen.has("objects") && seen.has("refs")));
}

/** gitrepository-layout(5). */
const repositoryParts: ReadonlySet<string> = new Set([
  "head",
  "config",
  "config.worktree",
  "commondir",
  "gitdir",
  "hooks",
  "info",
  "objects",
  "refs",
  "reftable",
  "packed-refs",
  "index",
  "logs",
  "modules",
  "worktrees",
  "branches",
  "remotes",
  "shallow",
]);
