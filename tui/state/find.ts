import { type Event, type RunNumber, pathsOf } from "../../journal/index.ts";
import { GlobError, alternativesOf, globMatcher, holdsForNames } from "../../src/history/index.ts";
import { type Printable, kindNamed, kindNames, printable } from "../../src/text/index.ts";

/** Conditions of a search, a filter or a breakpoint: each part narrows; of several paths one must match. */
export interface Criteria {
  readonly kinds?: ReadonlySet<string>;
  readonly run?: RunNumber;
  readonly error?: string;
  /** The number of a process, or a part of its command line or of one above it. */
  readonly by?: string;
  readonly paths: readonly PathTest[];
  /** Conditions that must not hold. */
  readonly not: readonly Criteria[];
  /** At least one of these must hold. */
  readonly any?: readonly Criteria[];
}

export type PathTest =
  | { readonly kind: "exact"; readonly path: string }
  /** At or below a path. */
  | { readonly kind: "below"; readonly path: string }
  | { readonly kind: "glob"; readonly pattern: string }
  /** Anywhere in the path; case counts only if the text has capitals. */
  | { readonly kind: "text"; readonly text: string };

export type Parsed =
  | { readonly kind: "criteria"; readonly criteria: Criteria }
  | { readonly kind: "nothing" }
  | { readonly kind: "wrong"; readonly message: Printable };

/**
 * Parses `path:*.json op:write,rename run:2 error:exist -op:read word`: parts separated by spaces, with quotes around
 * those that contain some.
 */
export function parseCriteria(input: string): Parsed {
  let criteria: Criteria = { paths: [], not: [] };
  let isEmpty = true;
  for (const [, minus, field, quoted, bare] of input.matchAll(
    /(-)?(?:([a-z]+):)?(?:"([^"]*)"|(\S+))/g,
  )) {
    const part = readPart(field, quoted ?? bare ?? "");
    if (typeof part === "string") return { kind: "wrong", message: part };
    isEmpty = false;
    criteria =
      minus === undefined
        ? both(criteria, part)
        : { ...criteria, not: [...criteria.not, { paths: [], not: [], ...part }] };
  }
  return isEmpty ? { kind: "nothing" } : { kind: "criteria", criteria };
}

function both(one: Criteria, other: Partial<Criteria>): Criteria {
  return { ...one, ...other, paths: [...one.paths, ...(other.paths ?? [])] };
}

function readPart(field: string | undefined, value: string): Partial<Criteria> | Printable {
  switch (field) {
    case undefined:
      return { paths: [{ kind: "text", text: value }] };
    case "path":
      return readGlob(value);
    case "op":
      return readOperations(value);
    case "error":
      return { error: value };
    case "by":
      return { by: value };
    case "run": {
      const run = Number(value);
      return Number.isSafeInteger(run) && run >= 0
        ? { run: run as RunNumber }
        : printable(`run:${value} is no number of a run`);
    }
    default:
      return printable(`${field}: is not known; there are path: op: run: error: by:`);
  }
}

function readOperations(value: string): Partial<Criteria> | Printable {
  const names = value.split(",").filter((name) => name !== "");
  const wrong = names.find((name) => kindNamed(name) === undefined);
  if (wrong === undefined) return { kinds: new Set(names.map((name) => kindNamed(name) ?? name)) };
  return printable(`${wrong} is no operation; there are ${kindNames.join(" ")}`);
}

/** Tells if a process that is named so, or one that it started, did something. */
export type ByTest = (event: Event, process: string) => boolean;

/** Tells if an event matches. */
export type Matcher = (event: Event) => boolean;

export function matcherFor(criteria: Criteria, isBy: ByTest): Matcher {
  const { kinds, run, error, by } = criteria;
  const path = pathMatcher(criteria.paths);
  const not = criteria.not.map((one) => matcherFor(one, isBy));
  const any = criteria.any?.map((one) => matcherFor(one, isBy));
  return (event) =>
    (kinds === undefined || kinds.has(event.kind)) &&
    (run === undefined || event.run === run) &&
    (error === undefined || (event.kind === "fail" && event.error === error)) &&
    (path === undefined || pathsOf(event).some(path)) &&
    (by === undefined || isBy(event, by)) &&
    (any === undefined || any.some((matches) => matches(event))) &&
    not.every((matches) => !matches(event));
}

/** Combines the tests of all paths into one; undefined if any path matches. */
export function pathMatcher(tests: readonly PathTest[]): ((path: string) => boolean) | undefined {
  if (tests.length === 0) return undefined;
  const all = tests.map(pathTest);
  return (path) => all.every((test) => test(path));
}

function pathTest(test: PathTest): (path: string) => boolean {
  switch (test.kind) {
    case "exact":
      return (path) => path === test.path;
    case "below": {
      const prefix = test.path === "/" ? "/" : `${test.path}/`;
      return (path) => path === test.path || path.startsWith(prefix);
    }
    case "glob": {
      const matches = globMatcher(test.pattern);
      return (path) => holdsForNames(path, matches);
    }
    case "text": {
      if (/\p{Lu}/u.test(test.text)) return (path) => path.includes(test.text);
      return (path) => path.toLowerCase().includes(test.text);
    }
  }
}

/** Reads a pattern as `log --path` does. */
function readGlob(pattern: string): Partial<Criteria> | Printable {
  try {
    alternativesOf(pattern);
    return { paths: [{ kind: "glob", pattern }] };
  } catch (error) {
    if (!(error instanceof GlobError)) throw error;
    return printable(`path:${pattern} is too much: ${error.message}`);
  }
}

/** Formats criteria as they are typed. */
export function formatCriteria({ kinds, run, error, by, paths, not }: Criteria): string {
  const parts = [
    ...(kinds === undefined ? [] : [`op:${[...kinds].join(",")}`]),
    ...paths.map(formatPath),
    ...(run === undefined ? [] : [`run:${run}`]),
    ...(error === undefined ? [] : [`error:${error}`]),
    ...(by === undefined ? [] : [`by:${quoted(by)}`]),
    ...not.map((criteria) => `-${formatCriteria(criteria)}`),
  ];
  return parts.join(" ");
}

function formatPath(test: PathTest): string {
  switch (test.kind) {
    case "exact":
      return `path:${quoted(test.path)}`;
    case "below":
      return `path:${quoted(test.path === "/" ? "/**" : `${test.path}/**`)}`;
    case "glob":
      return `path:${quoted(test.pattern)}`;
    case "text":
      return quoted(test.text);
  }
}

function quoted(text: string): string {
  return /\s/.test(text) ? `"${text}"` : text;
}
