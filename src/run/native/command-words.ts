/** Stands in the place of a secret. */
const masked = "[masked]";

/** The most characters of a command line that are kept; the rest is cut off, and marked. */
const mostCharacters = 4_096;

/** Options and variables whose value is a secret, by a part of their name. */
const secretName =
  /(?:pass(?:word|wd|phrase)?|secret|token|api[-_]?key|access[-_]?key|credential|auth(?:orization)?|private[-_]?key)/i;
const assigned = /^(-{0,2}[\w.-]+)=(.+)$/su;
const option = /^--?[\w.-]+$/u;
/** Forms by which secrets are known wherever they stand. */
const known: readonly (readonly [RegExp, string])[] = [
  // The password in an address, and what follows the name of a scheme in a header.
  [/(\/\/[^/\s:@]*:)[^/\s@]+(?=@)/gu, `$1${masked}`],
  [/\b((?:bearer|basic|token)\s+)[\w.~+/=-]{8,}/giu, `$1${masked}`],
  [
    /((?:^|\s)--?[\w.-]*(?:password|passwd|secret|token|api-?key)[\w.-]*[= ])[^\s;&|'"-][^\s;&|'"]*/giu,
    `$1${masked}`,
  ],
  [
    /\b(?:gh[pousr]_|github_pat_|glpat-|npm_|pypi-|xox[abprs]-|sk-|hf_|dop_v1_)[\w-]{10,}/gu,
    masked,
  ],
  [/\b(?:AKIA|ASIA)[0-9A-Z]{16}\b/gu, masked],
  [/\beyJ[\w-]{10,}\.[\w-]{10,}(?:\.[\w-]+)?/gu, masked],
];

/** Returns a command line as it may be kept: without what looks like a secret, and not longer than need be. */
export function wordsToKeep(args: readonly string[]): string[] {
  const kept: string[] = [];
  let left = mostCharacters;
  let isValue = false;
  for (const word of args) {
    const shown = isValue && !word.startsWith("-") ? masked : maskedIn(word);
    isValue = option.test(word) && secretName.test(word);
    if (shown.length + 1 > left) {
      kept.push("…");
      return kept;
    }
    left -= shown.length + 1;
    kept.push(shown);
  }
  return kept;
}

function maskedIn(word: string): string {
  const [, name, value] = assigned.exec(word) ?? [];
  if (name !== undefined && value !== undefined && secretName.test(name))
    return `${name}=${masked}`;
  return known.reduce((text, [form, instead]) => text.replaceAll(form, instead), word);
}
