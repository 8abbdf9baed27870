/**
 * Returns the arguments of an import or apply as a person would give them: the folder, its path, options, and the first
 * of the paths that it concerned. Paths that were left alone, and how conflicts were settled, are for later runs alone.
 */
export function folderWords(args: readonly string[]): readonly string[] {
  const [host = "", guest = ""] = args;
  const shown = [host, guest].filter((word) => word !== "");
  for (let at = 2; at < args.length;) {
    const word = args[at] ?? "";
    if (word === "--left") return shown;
    if (word === "--only") {
      // An apply that takes another one back concerns its paths.
      return shown.includes("--undo") ? shown : [...shown, ...firstOf(args.slice(at + 1))];
    }
    if (word === "--parts") {
      const count = Number(args[at + 1]);
      at += 2 + (Number.isSafeInteger(count) && count > 0 ? count : 0);
      continue;
    }
    const isTold = word !== "--put-back" && word !== "--for-apply";
    if (isTold) shown.push(word);
    at += 1;
  }
  return shown;
}

const mostNamed = 3;

function firstOf(paths: readonly string[]): readonly string[] {
  if (paths.length <= mostNamed + 1) return paths;
  return [...paths.slice(0, mostNamed), "and", String(paths.length - mostNamed), "more"];
}
