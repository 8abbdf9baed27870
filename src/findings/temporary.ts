/** Where programs are meant to keep what they need for a moment; no apply offers it. */
export function isTemporary(path: string): boolean {
  return path.startsWith("/tmp/");
}
