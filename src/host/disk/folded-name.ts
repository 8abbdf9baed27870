/**
 * A name as the most forgiving file system sees it: HFS+ passes over format characters, NTFS over dots and blanks at the
 * end and over what names a stream, and both take capital and small letters for the same.
 */
export function foldedName(name: string): string {
  if (/^[\w-]*$/.test(name)) return name.toLowerCase();
  return name
    .replaceAll(/\p{Cf}/gu, "")
    .replace(/[:\\].*$/s, "")
    .replace(/[. ]+$/, "")
    .toUpperCase()
    .toLowerCase();
}
