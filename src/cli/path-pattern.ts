/**
 * Tells which paths a pattern selects. A pattern without "/" is matched against names, at any depth; what it selects
 * includes all that lies below. `*` stays within a name, `**` does not.
 */
export async function pathMatcher(pattern: string): Promise<(path: string) => boolean> {
  const { default: picomatch } = await import("picomatch");
  const trimmed = pattern.replace(/(?<=.)\/+$/, "");
  const absolute = trimmed.includes("/") ? trimmed.replace(/^(?:\.?\/)*/, "/") : `/**/${trimmed}`;
  if (absolute === "/") return () => true;
  const options = { dot: true, nonegate: true, strictSlashes: true };
  const itself = picomatch(absolute, options);
  const below = picomatch(`${absolute}/**`, options);
  return (path) => itself(path) || below(path);
}
