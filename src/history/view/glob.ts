/** Reports a glob that stands for too much. */
export class GlobError extends Error {
  override readonly name = "GlobError";
}

/** The most that the braces of one glob may stand for. */
const mostAlternatives = 1_000;

/**
 * Returns a test for the paths that a glob fits, and all below them. `*` and `?` stay within a name, `**` stands for any
 * number of names, `[a-z]` and `[!a-z]` are one character, `{a,b}` is one of these, `\` takes the next character as it
 * is, and a glob without "/" fits names at any depth. A test costs no more than the product of the lengths of path and
 * glob, for each of what its braces stand for: globs and names may come from one who means harm. Throws GlobError.
 */
export function globMatcher(glob: string): (path: string) => boolean {
  const isAnywhere = !/\/./.test(glob);
  const patterns = alternativesOf(glob).map((one) => {
    const names = namesIn(one).map((name) => (name === "**" ? anyNames : signsOf(name)));
    return [...(isAnywhere ? [anyNames] : []), ...names, anyNames];
  });
  return (path) => {
    const names = namesIn(path).map((name) => Array.from(name));
    return patterns.some((pattern) =>
      fits(
        pattern,
        names,
        (signs) => signs === anyNames,
        (signs, name) => fits(signs, name, isAnySigns, isSign),
      ),
    );
  };
}

/**
 * Returns a test for the paths that a glob fits from their first name to their last, as `fs.glob` of Node.js has it: a
 * name that begins with "." is fit by one that begins so alone. Throws GlobError.
 */
export function pathMatcher(glob: string): (path: string) => boolean {
  const patterns = alternativesOf(glob).map((one) =>
    namesIn(one).map((name) => (name === "**" ? anyNames : signsOf(name))),
  );
  return (path) => {
    const names = namesIn(path).map((name) => Array.from(name));
    return patterns.some((pattern) => {
      // A hidden name is fit by a literal alone, so that as many of these must come in the same order.
      const isWild = (signs: readonly Sign[]) => signs === anyNames;
      const isFit = (signs: readonly Sign[], name: readonly string[]) =>
        (name[0] !== "." || signs[0] === ".") && fits(signs, name, isAnySigns, isSign);
      return fits(pattern, names, isWild, isFit, (name) => name[0] !== ".");
    });
  };
}

/** One name of a glob: any number of names, this name, or the names that it fits. */
export type GlobName =
  | { readonly kind: "any names" }
  | { readonly kind: "literal"; readonly name: string }
  | { readonly kind: "ending"; readonly end: string }
  | { readonly kind: "beginning"; readonly start: string }
  | { readonly kind: "wild"; readonly fits: (name: string) => boolean };

/**
 * Returns the names of a glob, for each of what its braces stand for, to compare many globs with a path at once; see
 * `globMatcher`, which fits the same paths. Throws GlobError.
 */
export function globNames(glob: string): readonly (readonly GlobName[])[] {
  const isAnywhere = !/\/./.test(glob);
  return alternativesOf(glob).map((one) => [
    ...(isAnywhere ? [{ kind: "any names" } as const] : []),
    ...namesIn(one).map(globName),
  ]);
}

function globName(name: string): GlobName {
  if (name === "**") return { kind: "any names" };
  const signs = signsOf(name);
  const rest = signs.slice(1).filter((sign) => typeof sign === "string");
  if (signs[0] === anySigns && rest.length === signs.length - 1)
    return { kind: "ending", end: rest.join("") };
  const all = signs.filter((sign) => typeof sign === "string");
  if (signs.at(-1) === anySigns && all.length === signs.length - 1)
    return { kind: "beginning", start: all.join("") };
  if (all.length === signs.length) return { kind: "literal", name: all.join("") };
  return { kind: "wild", fits: (other) => fits(signs, Array.from(other), isAnySigns, isSign) };
}

/** Tells if a glob stands for more than one path. */
export function isGlob(glob: string): boolean {
  const names = namesIn(glob).flatMap(signsOf);
  return names.some((sign) => typeof sign !== "string") || alternativesOf(glob).length > 1;
}

/** A part of a name: a character as it is, any characters, or a character of some. */
type Sign = string | typeof anySigns | ((character: string) => boolean);

const anySigns = Symbol("any characters of a name");
/** Stands for any number of names. */
const anyNames: readonly Sign[] = [];

const isAnySigns = (sign: Sign): boolean => sign === anySigns;
const isSign = (sign: Sign, character: string): boolean =>
  typeof sign === "function" ? sign(character) : sign === character;

function namesIn(path: string): string[] {
  return path.split("/").filter((name) => name !== "" && name !== ".");
}

function signsOf(name: string): Sign[] {
  const characters = Array.from(name);
  const signs: Sign[] = [];
  for (let at = 0; at < characters.length; at += 1) {
    const character = characters[at] ?? "";
    const end = character === "[" ? endOfClass(characters, at) : undefined;
    if (character === "\\" && at + 1 < characters.length) {
      at += 1;
      signs.push(characters[at] ?? "");
    } else if (end !== undefined) {
      signs.push(classOf(characters.slice(at + 1, end)));
      at = end;
    } else if (character === "*") signs.push(anySigns);
    else if (character === "?") signs.push(() => true);
    else signs.push(character);
  }
  return signs;
}

/** Returns the place of the bracket that ends a class; one right at its beginning is a member of it. */
function endOfClass(characters: readonly string[], at: number): number | undefined {
  const first = at + (isNegation(characters[at + 1]) ? 2 : 1);
  const end = characters.indexOf("]", first + 1);
  return end === -1 ? undefined : end;
}

const isNegation = (character: string | undefined): boolean =>
  character === "!" || character === "^";

function classOf(members: readonly string[]): (character: string) => boolean {
  const isNegated = isNegation(members[0]);
  const rest = isNegated ? members.slice(1) : members;
  const ranges: (readonly [string, string])[] = [];
  for (let at = 0; at < rest.length; at += 1) {
    const [from = "", dash, to] = rest.slice(at, at + 3);
    const isRange = dash === "-" && to !== undefined;
    ranges.push([from, isRange ? to : from]);
    if (isRange) at += 2;
  }
  return (character) =>
    ranges.some(
      ([from, to]) => codeOf(from) <= codeOf(character) && codeOf(character) <= codeOf(to),
    ) !== isNegated;
}

const codeOf = (character: string): number => character.codePointAt(0) ?? 0;

/** Returns what the braces of a glob stand for; those without a comma stand for themselves. Throws GlobError. */
export function alternativesOf(glob: string): readonly string[] {
  const found: string[] = [];
  const left = [glob];
  for (let one = left.pop(); one !== undefined; one = left.pop()) {
    const braces = firstBraces(one);
    if (braces === undefined) found.push(one);
    else left.push(...braces);
    if (found.length + left.length > mostAlternatives)
      throw new GlobError(`its braces stand for more than ${mostAlternatives} patterns`);
  }
  return found;
}

/** Writes a glob once for each of what its first braces list. */
function firstBraces(glob: string): readonly string[] | undefined {
  for (let open = nextOf(glob, "{", 0); open !== -1; open = nextOf(glob, "{", open + 1)) {
    const cuts = [open];
    let depth = 0;
    for (let at = open; at < glob.length; at += 1) {
      const character = glob[at];
      if (character === "\\") at += 1;
      else if (character === "{") depth += 1;
      else if (character === "," && depth === 1) cuts.push(at);
      else if (character === "}" && (depth -= 1) === 0) {
        if (cuts.length === 1) break;
        const ends = [...cuts.slice(1), at];
        return cuts.map(
          (cut, index) =>
            glob.slice(0, open) + glob.slice(cut + 1, ends[index]) + glob.slice(at + 1),
        );
      }
    }
  }
  return undefined;
}

/** Returns the place of a character that no backslash stands before, or -1. */
function nextOf(text: string, character: string, from: number): number {
  for (let at = from; at < text.length; at += 1) {
    if (text[at] === "\\") at += 1;
    else if (text[at] === character) return at;
  }
  return -1;
}

/**
 * Compares a pattern with a list; a wild item stands for any number of others that may be taken. Goes back to the last
 * wild item only.
 */
function fits<Item, Other>(
  pattern: readonly Item[],
  list: readonly Other[],
  isWild: (item: Item) => boolean,
  isFit: (item: Item, other: Other) => boolean,
  mayTake: (other: Other) => boolean = () => true,
): boolean {
  let [at, place] = [0, 0];
  let [wild, retry] = [-1, 0];
  while (place < list.length) {
    const item = pattern[at];
    if (item !== undefined && isWild(item)) {
      [wild, retry] = [at, place];
      at += 1;
    } else if (item !== undefined && isFit(item, list[place] as Other)) {
      at += 1;
      place += 1;
    } else if (wild !== -1 && mayTake(list[retry] as Other)) {
      retry += 1;
      [at, place] = [wild + 1, retry];
    } else {
      return false;
    }
  }
  return pattern.slice(at).every(isWild);
}
