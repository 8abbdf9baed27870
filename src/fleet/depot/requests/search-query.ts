import { GlobError, alternativesOf, globMatcher } from "../../../history/index.ts";
import { type RunSearch, mostFound } from "../../protocol/protocol.ts";
import { RefusedError } from "./refused.ts";

/** Reads a search from the parameters of a URL. Throws RefusedError for one that says what is none. */
export function searchIn(parameters: URLSearchParams): RunSearch {
  const known = new Set([
    "path",
    "refused",
    "digest",
    "label",
    "guest",
    "exit",
    "since",
    "until",
    "journal",
    "limit",
    "after",
  ]);
  for (const name of parameters.keys())
    if (!known.has(name)) throw wrong(`there is no parameter ${name}`);
  const text = (name: string) => parameters.get(name) ?? undefined;
  const labels = parameters.getAll("label").map((one) => {
    const at = one.indexOf("=");
    if (at < 1) throw wrong(`${one} is no label: NAME=TEXT`);
    return [one.slice(0, at), one.slice(at + 1)] as const;
  });
  const journal = text("journal");
  if (journal !== undefined && !/^[0-9a-f]{32}$/.test(journal))
    throw wrong(`${journal} is no journal's id: 32 hex digits`);
  const digest = text("digest");
  if (digest !== undefined && !/^[0-9a-f]{64}$/.test(digest))
    throw wrong(`${digest} is no SHA-256: 64 hex digits`);
  const exit = wholeNumber("exit", text("exit"));
  const limit = wholeNumber("limit", text("limit"));
  const search: { -readonly [Name in keyof RunSearch]: RunSearch[Name] } = {};
  if (labels.length > 0) search.labels = Object.fromEntries(labels);
  for (const name of ["path", "refused", "guest"] as const) {
    const glob = text(name);
    if (glob !== undefined) search[name] = usable(glob);
  }
  for (const name of ["since", "until"] as const) {
    const time = text(name);
    if (time === undefined) continue;
    // PostgreSQL knows no year 0.
    if (!/^\d{4}-/.test(time) || time.startsWith("0000") || Number.isNaN(Date.parse(time)))
      throw wrong(`${time} is no time, such as 2026-01-31T12:00:00Z`);
    search[name] = new Date(time).toISOString();
  }
  const after = text("after");
  if (after !== undefined) search.after = placeIn(after, /^\d{1,9}$/);
  if (digest !== undefined) search.digest = digest;
  if (journal !== undefined) search.journal = journal;
  if (exit !== undefined) search.exit = exit;
  if (limit !== undefined) search.limit = Math.min(limit, mostFound);
  return search;
}

/** Checks a place from an earlier answer: a time, a journal, and the number of a run if `run` fits one. */
export function placeIn(text: string, run?: RegExp): string {
  const [time = "", journal = "", number, ...rest] = text.split(" ");
  const fits =
    /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,6})?Z$/.test(time) &&
    !time.startsWith("0000") &&
    !Number.isNaN(Date.parse(time)) &&
    /^[0-9a-f]{32}$/.test(journal) &&
    (run === undefined ? number === undefined : run.test(number ?? "")) &&
    rest.length === 0;
  if (!fits) throw wrong("after: that is no place which an answer named");
  return text;
}

function wholeNumber(name: string, text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  if (!/^-?\d{1,9}$/.test(text)) throw wrong(`${name}: ${text} is no number`);
  return Number(text);
}

/** Most characters of all that a glob stands for: each is compared with each of a path in the worst case. */
const mostSigns = 8_192;

/** Returns a glob that runs can be searched by. */
function usable(glob: string): string {
  try {
    globMatcher(glob);
    const signs = alternativesOf(glob).reduce((sum, { length }) => sum + length, 0);
    if (signs > mostSigns) throw wrong(`the pattern stands for more than ${mostSigns} characters`);
    return glob;
  } catch (error) {
    if (error instanceof GlobError) throw wrong(`${glob}: ${error.message}`);
    throw error;
  }
}

function wrong(message: string): RefusedError {
  return new RefusedError(400, message);
}
