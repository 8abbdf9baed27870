/** Recognises the place for a program's temporary files, which no apply offers. */
export function isTemporary(path: string): boolean {
  return path.startsWith("/tmp/");
}
