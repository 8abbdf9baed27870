import { parseEnvironment } from "./run-options.ts";

/**
 * Returns the variables of a native program: of this process's those that say nothing but how to find programs and to
 * speak to the user, and those that the user gives. Others hold keys and addresses that are nobody else's business.
 */
export function givenEnvironment(
  texts: readonly string[],
  host: NodeJS.ProcessEnv,
  user: "root" | "ordinary",
): ReadonlyMap<string, string> {
  const usual = Object.entries(host).filter(
    (entry): entry is [string, string] => entry[1] !== undefined && isUsual(entry[0]),
  );
  return new Map([
    ...usual,
    ...(user === "root" ? rootsOwn : []),
    ...parseEnvironment(texts, host),
  ]);
}

/** Makes tar unpack files for root as for anybody else: it cannot give them to others here, and tar would fail. */
const rootsOwn = [["TAR_OPTIONS", "--no-same-owner"]] as const;

const named: ReadonlySet<string> = new Set([
  "COLORTERM",
  "COLUMNS",
  "FORCE_COLOR",
  "HOME",
  "LANG",
  "LANGUAGE",
  "LINES",
  "LOGNAME",
  "NO_COLOR",
  "PATH",
  "SHELL",
  "TERM",
  "TZ",
  "USER",
]);

function isUsual(name: string): boolean {
  return named.has(name) || name.startsWith("LC_");
}
