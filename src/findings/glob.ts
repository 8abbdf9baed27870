/**
 * Returns a test for the paths that a glob fits, and all below them: `*` and `?` stay within a name, `**` stands for any
 * number of names, and a glob without "/" fits names at any depth. A test costs no more than the product of both
 * lengths, whatever they are: globs and names may come from one who means harm.
 */
export function globMatcher(glob: string): (path: string) => boolean {
  const names = namesIn(glob);
  const whole = /\/./.test(glob) ? names : ["**", ...names];
  const pattern = [...whole, "**"];
  return (path) => fits(pattern, namesIn(path), (name) => name === "**", fitsName);
}

function namesIn(path: string): string[] {
  return path.split("/").filter((name) => name !== "" && name !== ".");
}

function fitsName(glob: string, name: string): boolean {
  const isSame = (one: string, other: string): boolean => one === "?" || one === other;
  return fits(Array.from(glob), Array.from(name), (sign) => sign === "*", isSame);
}

/** Compares a pattern with a list; a wild item stands for any number of others. Goes back to the last wild item only. */
function fits(
  pattern: readonly string[],
  list: readonly string[],
  isWild: (item: string) => boolean,
  isFit: (item: string, other: string) => boolean,
): boolean {
  let [at, place] = [0, 0];
  let [wild, retry] = [-1, 0];
  while (place < list.length) {
    const item = pattern[at];
    if (item !== undefined && isWild(item)) {
      [wild, retry] = [at, place];
      at += 1;
    } else if (item !== undefined && isFit(item, list[place] ?? "")) {
      at += 1;
      place += 1;
    } else if (wild !== -1) {
      retry += 1;
      [at, place] = [wild + 1, retry];
    } else {
      return false;
    }
  }
  return pattern.slice(at).every(isWild);
}
