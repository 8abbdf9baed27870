/** Stands in the place of a secret. */
const masked = "[masked]";

/** The most characters of a command line that are kept; the rest is cut off, and marked. */
const mostCharacters = 4_096;

/** Options and variables whose value is a secret, by a part of their name. */
const secretPart = String.raw`(?:pass(?:word|wd|phrase)?|secret|token|api[-_]?key|access[-_]?key|credential|auth(?!ors?(?![a-z]))|private[-_]?key|(?<=[a-z\d][-_.])pwd|(?<=[-_])pw(?![a-z]))`;
const secretName = new RegExp(secretPart, "iu");
const assigned = /^(-{0,2}[\w.:/@-]+)=(.+)$/su;
const option = /^--?[\w.-]+$/u;
/** A key of npm's configuration, whose value is the next word. */
const npmKey = /:_(?:authToken|auth|password)$/u;
const quoted = String.raw`"[^"]*"|'[^']*'`;

/** Forms by which secrets are known wherever they stand. */
const known: readonly (readonly [RegExp, string])[] = [
  [/-----BEGIN [A-Z ]*PRIVATE KEY-----.*?(?:-----END [A-Z ]*-----|$)/gsu, masked],
  // The password in an address, or a token that is all there is before the host.
  [/(\/\/[^/\s:@]*:)[^/\s]+(?=@)/gu, `$1${masked}`],
  [/\b(https?:\/\/)[\w.~-]{16,}(?=@)/giu, `$1${masked}`],
  [/\b(cookie:\s*)[^\s"'][^"'\n]*/giu, `$1${masked}`],
  // `"password": "x"`, `token=x` in an address, `secret = \"x\"` in a line that prints a file, and headers, with the name
  // of a scheme or not.
  [
    new RegExp(
      String.raw`((?<![\w.-])(?=[\w.-]*${secretPart})[\w.-]+["']?(?: ?= ?|:\s*)(?:(?:basic|bearer|digest|token)\s+)?)(?:${quoted}|\\["'][^"'\\]*\\["']|[^\s;&|'",}\[][^\s;&|'",}]*)`,
      "giu",
    ),
    `$1${masked}`,
  ],
  [/\b((?:bearer|basic|token)\s+)[\w.~+/=-]{8,}/giu, `$1${masked}`],
  [
    /\b(?:gh[pousr]_|github_pat_|gl[a-z]{1,4}-|npm_|pypi-|xox[abprs]-|[rs]k_(?:live|test)_|sk-|hf_|dop_v1_|shp[a-z]{2}_|AIza|ya29\.|SG\.)[\w.-]{10,}/gu,
    masked,
  ],
  [/\b(?:AKIA|ASIA)[0-9A-Z]{16}\b/gu, masked],
  [/\bAGE-SECRET-KEY-1[0-9A-Z]+/gu, masked],
  [/\beyJ[\w-]{10,}\.[\w-]{10,}(?:\.[\w-]+)?/gu, masked],
];

/** Options of one letter whose value is a secret, by the programs that have them. */
const letters: readonly { readonly of: RegExp; readonly all: RegExp; readonly next: boolean }[] = [
  // Without a value these ask for it.
  { of: /^(?:mysql|mariadb|7z|rar$|unrar$)/u, all: /^-p/u, next: false },
  { of: /^(?:sshpass|mongo\w*|login)$/u, all: /^-p/u, next: true },
  { of: /^(?:zip|unzip|sqlcmd|mosquitto_\w+)$/u, all: /^-P/u, next: true },
  { of: /^redis-cli$/u, all: /^-a/u, next: true },
  { of: /^ldap\w+$/u, all: /^-w/u, next: true },
];
/** Programs whose option has a user and a password in one. */
const userAndPassword: readonly { readonly of: RegExp; readonly all: RegExp }[] = [
  { of: /^curl$/u, all: /^(?:-[uU]|--(?:proxy-)?user(?:=|$))/u },
  { of: /^https?$/u, all: /^-a/u },
  { of: /^(?:smbclient|rpcclient)$/u, all: /^-U/u },
];

/** Parts of a line for a shell: what ends a command, a word with what is quoted in it, and all else one by one. */
const shellPart = /[;&|()\n]+|(?:"(?:[^"\\]|\\.)*"|'[^']*'|[^\s;&|()'"])+|./gsu;
const commandEnd = /^[;&|()\n]/u;
const isLine = /[\s;&|]/u;

/** Returns a command line as it may be kept: without what looks like a secret, and not longer than need be. */
export function wordsToKeep(args: readonly string[], most = mostCharacters): string[] {
  const kept: string[] = [];
  const mask = masking();
  let left = most;
  for (const word of args) {
    // One that is too long is not looked through, either: its length is the program's choice.
    const shown = word.length < left ? mask(word) : undefined;
    if (shown === undefined || shown.length + 1 > left) {
      kept.push("…");
      return kept;
    }
    // All that was looked through counts, not only the part that is left of it.
    left -= Math.max(shown.length, word.length) + 1;
    kept.push(shown);
  }
  return kept;
}

/** Returns a variable, `NAME=VALUE`, as it may be kept. */
export function variableToKeep(variable: string): string {
  return maskedIn(variable);
}

/** Returns what masks the words of one command, each after the one before it. */
function masking(): (word: string) => string {
  let program = "";
  let next: "secret" | "user and password" | "word" = "word";
  return (word) => {
    const expected = next;
    next = "word";
    if (expected === "secret" && !word.startsWith("-")) return masked;
    if (expected === "user and password") return withoutPassword(word);
    if (npmKey.test(word)) {
      next = "secret";
      return word;
    }
    if (word.startsWith("-")) {
      const short = letters.find(({ of, all }) => of.test(program) && all.test(word));
      if (short !== undefined) {
        if (word.length > 2) return `${word.slice(0, 2)}${masked}`;
        if (short.next) next = "secret";
        return word;
      }
      const pair = userAndPassword.find(({ of, all }) => of.test(program) && all.test(word));
      const flag = pair?.all.exec(word)?.[0];
      if (flag !== undefined) {
        if (flag === word) next = "user and password";
        return flag + withoutPassword(word.slice(flag.length));
      }
      if (option.test(word) && secretName.test(word)) next = "secret";
    } else {
      const name = word.slice(word.lastIndexOf("/") + 1);
      if ([...letters, ...userAndPassword].some(({ of }) => of.test(name))) program = name;
    }
    return maskedIn(word);
  };
}

/** Masks what follows a user's name. */
function withoutPassword(word: string): string {
  return word.replace(/^([^:%]*[:%]).+$/su, `$1${masked}`);
}

function maskedIn(word: string): string {
  const [, name, value] = assigned.exec(word) ?? [];
  if (name !== undefined && value !== undefined && secretName.test(name))
    return `${name}=${masked}`;
  const text = known.reduce((shown, [form, instead]) => shown.replaceAll(form, instead), word);
  return isLine.test(text) && !/^(["']).*\1$/su.test(text) ? maskedInLine(text) : text;
}

/** Masks the words of what may be a line for a shell. */
function maskedInLine(line: string): string {
  let mask = masking();
  return line.replaceAll(shellPart, (part) => {
    if (commandEnd.test(part)) mask = masking();
    else if (part.trim() !== "") return isLine.test(part) && part === line ? part : mask(part);
    return part;
  });
}
