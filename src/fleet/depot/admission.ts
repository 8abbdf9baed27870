import type { IncomingMessage } from "node:http";
import type { Pool } from "pg";
import { type Holder, type Scope, holderOf } from "./database/tokens.ts";
import { RefusedError } from "./requests/refused.ts";

/** Returns the holder of a request's token. Throws RefusedError for a request without one, or with one that is not known. */
export async function holderIn({ headers }: IncomingMessage, pool: Pool): Promise<Holder> {
  const [, token] = /^Bearer (\S{1,200})$/.exec(headers.authorization ?? "") ?? [];
  const holder = token === undefined ? undefined : await holderOf(pool, token);
  if (holder === undefined)
    throw new RefusedError(401, "the token is missing or not valid", {
      hint: "ask who runs the depot for one: `rewindfs depot grant NAME` makes it there, with --scope append for a machine that sends (and the NAME that it had), --scope read for who asks",
    });
  return holder;
}

/** Returns the refusal of a request whose token has other scopes, with those of one that gets through. */
export function lacking(
  { scope, granted = scope }: { readonly scope: Scope; readonly granted?: string },
  { method }: IncomingMessage,
  { scopes }: Holder,
): RefusedError {
  const one = (of: string) => `\`rewindfs depot grant NAME --scope ${of}\``;
  // Sending and redacting in the depot ask for the head alike, and a token that only erases does neither.
  return scope === "append" && method === "GET" && scopes.has("erase")
    ? new RefusedError(403, "the token lacks the scope append, or read", {
        hint: `ask who runs the depot for one: ${one("append,erase")} makes one that sends what was redacted, ${one("read,erase")} one that redacts in the depot`,
      })
    : new RefusedError(403, `the token lacks the scope ${scope}`, {
        hint: `ask who runs the depot for one: ${one(granted)} makes it there`,
      });
}
