import { isGitFolder, isGitModules } from "../disk/gits-own.ts";

/** Returns why git refuses to check out a path; undefined for all others. */
export function gitPathProblem(path: string, type: "file" | "symlink"): string | undefined {
  // Git for Windows reads a backslash as a slash, and git refuses everywhere what would do harm there.
  const names = path.split(/[/\\]/);
  if (names.some(isGitFolder)) return "git keeps that name for itself";
  return type === "symlink" && names.some(isGitModules)
    ? "git takes no link of that name"
    : undefined;
}

/**
 * Writes a path as git does: as it is, or as a C string if it holds more than plain ASCII. A folder whose name ends in a
 * space makes it one, too: git finds no end of such a path in the first line of a patch.
 */
export function quotedGitPath(path: string): string {
  if (/^[ !#-[\]-~]*$/.test(path) && !path.includes(" /")) return path;
  const bytes = Array.from(Buffer.from(path), (byte) => {
    const named = escapes.get(byte);
    if (named !== undefined) return `\\${named}`;
    const isPlain = byte >= 0x20 && byte < 0x7f;
    return isPlain ? String.fromCharCode(byte) : `\\${byte.toString(8).padStart(3, "0")}`;
  });
  return `"${bytes.join("")}"`;
}

const escapes: ReadonlyMap<number, string> = new Map([
  [0x07, "a"],
  [0x08, "b"],
  [0x09, "t"],
  [0x0a, "n"],
  [0x0b, "v"],
  [0x0c, "f"],
  [0x0d, "r"],
  [0x22, '"'],
  [0x5c, "\\"],
]);
