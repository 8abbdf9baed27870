import { aboutProgram, helpOnExits, helpOnRevisions } from "../command/help-text.ts";
import type { CommandFacts } from "./command-table.ts";

/** Writes the manual page of all commands, as roff for man(1). */
export function manPage(table: readonly CommandFacts[], version: string): string {
  const lines = [
    `.TH REWINDFS 1 "" ${argument(`rewindfs ${version}`)} "User Commands"`,
    ".SH NAME",
    text(`rewindfs - ${lowerFirst(aboutProgram).replace(/\.$/, "")}`),
    ".SH SYNOPSIS",
    ".B rewindfs",
    text("[-j FILE] COMMAND [options]"),
    ".SH DESCRIPTION",
    text(aboutProgram),
    ".PP",
    text(helpOnRevisions),
    ".SH COMMANDS",
    ...table.flatMap(sectionOf),
    ".SH EXIT STATUS",
    text(helpOnExits.replace(/^Exit codes: /, "")),
    ".SH ENVIRONMENT",
    ...environment.flatMap(([name, meaning]) => [".TP", `.B ${name}`, text(meaning)]),
    ".SH FILES",
    ...files.flatMap(([name, meaning]) => [".TP", `.I ${text(name)}`, text(meaning)]),
    ".SH SEE ALSO",
    text("README.md and the folder docs of the package; git(1), sqlite3(1), less(1)"),
  ];
  return `${lines.join("\n")}\n`;
}

const environment = [
  ["REWINDFS_JOURNAL", "The journal, where --journal does not name one."],
  ["PAGER", "The program that log goes through on a terminal; less with -FRX unless it is set."],
  ["NO_COLOR, FORCE_COLOR", "Switch colours off, or on where the output is no terminal."],
  ["LC_ALL, LC_CTYPE, LANG", "Signs other than ASCII are written only where these name UTF-8."],
] as const;

const files = [
  ["rewind.db", "The journal of the working folder."],
  ["rewind.toml", "Settings of the working folder."],
  [".rewindignore", "Paths that an import leaves out, written as in .gitignore."],
] as const;

function sectionOf({ usage, description, arguments: places, options, after }: CommandFacts) {
  const name = usage.split(" ", 1)[0] ?? "";
  return [
    `.SS ${argument(`rewindfs ${name}`)}`,
    `.B rewindfs ${text(name)}`,
    text(usage.slice(name.length + 1)),
    ".PP",
    text(description),
    ...places.flatMap((place) => [".TP", `.I ${text(place.name)}`, text(place.description)]),
    ...options.flatMap((option) => [".TP", `.B ${text(option.flags)}`, text(option.description)]),
    ...(after === "" ? [] : [".PP", ".nf", text(after), ".fi"]),
  ];
}

/** Escapes what roff would take for its own. */
function text(words: string): string {
  return words
    .replaceAll("\\", String.raw`\e`)
    .replaceAll("-", String.raw`\-`)
    .replaceAll(/[^ -~\n]/gu, (sign) => {
      const point = (sign.codePointAt(0) ?? 0).toString(16).toUpperCase();
      return `\\[u${point.padStart(4, "0")}]`;
    })
    .split("\n")
    .map((line) => (/^[.']/.test(line) ? `\\&${line}` : line))
    .join("\n");
}

/** Quotes an argument of a request. */
function argument(words: string): string {
  return `"${text(words).replaceAll('"', String.raw`\(dq`)}"`;
}

function lowerFirst(words: string): string {
  return words.slice(0, 1).toLowerCase() + words.slice(1);
}
