import type { Excluded, ExcludedBy } from "../../host/index.ts";
import {
  type Printable,
  type Shown,
  counted,
  describeBytes,
  formatCount,
  joined,
  line,
  printable,
  printableName,
  words,
} from "../../text/index.ts";

/** Number of paths that are listed; the rest are counted. */
const mostNamed = 4;

const sources = {
  git: { clause: "git ignores", hint: words("; --all takes them along, --include some of them") },
  rewindignore: { clause: ".rewindignore names", hint: words("; --all takes them along") },
  asked: { clause: "--exclude names", hint: words("") },
} as const satisfies Record<ExcludedBy, { readonly clause: string; readonly hint: Printable }>;

/** Returns one line for each reason of exclusion: how much, the largest paths, and how to include them. */
export function excludedLines(excluded: readonly Excluded[]): Shown[] {
  const reasons = ["git", "rewindignore", "asked"] as const;
  return reasons.flatMap((reason) => {
    const paths = excluded.filter(({ by }) => by === reason);
    if (paths.length === 0) return [];
    const { clause, hint } = sources[reason];
    return [
      line`left out paths that ${printable(clause)}: ${amountOf(paths)} (${namesOf(paths)})${hint}`,
    ];
  });
}

function amountOf(paths: readonly Excluded[]): Shown {
  const files = paths.reduce((sum, one) => sum + one.files, 0);
  const bytes = paths.reduce((sum, one) => sum + one.bytes, 0);
  const isMore = paths.some((one) => one.isMore);
  return line`${isMore ? words("more than ") : words("")}${counted(files, "file")}, ${describeBytes(bytes)}`;
}

function namesOf(paths: readonly Excluded[]): Shown {
  const largest = paths.toSorted((one, other) => other.bytes - one.bytes).slice(0, mostNamed);
  const more = paths.length - largest.length;
  const rest = more === 0 ? [] : [line`and ${formatCount(more)} more`];
  return joined([...largest.map(({ path }) => printableName(path)), ...rest], ", ");
}

/** Reports imported files that look like keys or passwords. */
export function secretsLine(secrets: readonly string[]): Shown[] {
  if (secrets.length === 0) return [];
  const named = secrets.slice(0, mostNamed).map((path) => printableName(path));
  const more = secrets.length - named.length;
  const rest = more === 0 ? [] : [line`and ${formatCount(more)} more`];
  const names = joined([...named, ...rest], ", ");
  return [
    line`came in, and may hold keys or passwords: ${names}; --exclude leaves out, redact removes`,
  ];
}
