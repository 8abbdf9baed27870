/**
 * Folds a name as the most forgiving file systems do: HFS+ passes over format characters, NTFS over dots and blanks at
 * the end and over names of streams, and both ignore case.
 */
export function foldedName(name: string): string {
  if (/^[\w.-]*[\w-]$/.test(name)) return name.toLowerCase();
  return name
    .replaceAll(/\p{Cf}/gu, "")
    .replace(/[:\\].*$/s, "")
    .replace(/[. ]+$/, "")
    .toUpperCase()
    .toLowerCase();
}
