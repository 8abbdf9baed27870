/**
 * Why a name has no place in a git repository: on some file system it would be git's own folder, and what a guest wrote
 * would be git's configuration. Undefined for all others.
 */
export function gitNameProblem(name: string): string | undefined {
  // HFS+ does not see format characters; NTFS does not see dots and spaces at the end, nor what comes after a colon.
  const seen = name
    .replaceAll(/\p{Cf}/gu, "")
    .replace(/:.*$/s, "")
    .replace(/[. ]+$/, "")
    .toLowerCase();
  return seen === ".git" || seen === "git~1" ? "git keeps that name for itself" : undefined;
}
