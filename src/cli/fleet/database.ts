import type { Context } from "../command/context.ts";
import { UsageError } from "../command/failure.ts";

/** Returns the address of the database that the option or the environment names. Throws UsageError. */
export function databaseOf(
  { env }: Context,
  { database }: { readonly database?: string | undefined },
): string {
  const url = database ?? env["REWINDFS_DATABASE"];
  if (url === undefined || url === "")
    throw new UsageError(
      "no database is named",
      "give --database URL, or set REWINDFS_DATABASE: postgres://USER:PASSWORD@HOST/NAME",
    );
  return url;
}

/** Does what needs a database, and throws UsageError where that, or a place to listen, cannot be had. */
export async function withTroubles<T>(database: string, act: () => Promise<T>): Promise<T> {
  try {
    return await act();
  } catch (error) {
    throw explained(error, withoutPassword(database)) ?? error;
  }
}

function explained(error: unknown, database: string): UsageError | undefined {
  if (!(error instanceof Error)) return undefined;
  if (error.name === "TablesError") return new UsageError(error.message, "update rewindfs");
  // Of several addresses of a host, the first says what others would.
  const first: unknown = error instanceof AggregateError ? error.errors[0] : error;
  const { message, code, syscall } = first as Error & { code?: unknown; syscall?: unknown };
  if (typeof code !== "string") return undefined;
  if (syscall === "listen" || syscall === "bind")
    return new UsageError(
      `cannot serve there: ${message}`,
      code === "EADDRINUSE"
        ? "another program has that place, perhaps a depot; --listen HOST:PORT names another"
        : "--listen HOST:PORT names a place of this machine",
    );
  // The system's own, on the way to the server.
  if (syscall !== undefined || /^(?:ECONN|EPIPE|ETIMEDOUT)/.test(code))
    return new UsageError(
      `the database at ${database} does not answer: ${message}`,
      "is it running, and is that its address? --database, or REWINDFS_DATABASE, names it",
    );
  if (code === "ERR_INVALID_URL")
    return new UsageError(
      "the database's address cannot be read",
      "postgres://USER:PASSWORD@HOST/NAME, with %40 for an @ in the password",
    );
  if (!/^[0-9A-Z]{5}$/.test(code) || !("severity" in error)) return undefined;
  const [, hint] = hints.find(([start]) => code.startsWith(start)) ?? [];
  return new UsageError(
    `the database at ${database} refuses: ${message}`,
    hint ?? "its own log says more",
  );
}

/** Advice by the beginning of PostgreSQL's codes. */
const hints: readonly (readonly [string, string])[] = [
  ["3D000", "`createdb NAME` makes it; the depot makes its tables in it"],
  ["28", "--database, or REWINDFS_DATABASE, has the user and the password"],
  ["42501", "the depot's user must own the database, or may not make tables in it"],
  ["53300", "raise max_connections: a depot takes 16 at most"],
  ["57P03", "it is starting, or stopping: try again"],
];

function withoutPassword(url: string): string {
  const parsed = URL.parse(url);
  if (parsed === null) return "that address";
  parsed.password = "";
  // A password may stand behind the question mark, too.
  parsed.search = "";
  return parsed.href;
}
