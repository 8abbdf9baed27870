import { derOf, fingerprintOf, signingKey } from "../../../journal/index.ts";
import { printable } from "../../text/index.ts";
import type { Context } from "../command/context.ts";
import { exits } from "../command/failure.ts";
import { keyText } from "../command/key-file.ts";
import { requireFingerprint, trustOf, urlOf } from "./depot-options.ts";

interface KeyChoice {
  readonly key?: string;
  readonly depot?: string;
  readonly depotKey?: string;
}

/**
 * Prints the fingerprint of a depot's key: of the file that is given, or of the depot that answers, and says whether
 * that one is known. Returns `no` for another one than is trusted. Throws UsageError, KeyError and DepotError.
 */
export async function tellKey(context: Context, options: KeyChoice): Promise<number> {
  const { out, talk, env } = context;
  if (options.key !== undefined) {
    const key = signingKey(keyText("--key", options.key), options.key);
    out.line(printable(fingerprintOf(derOf(key))));
    return exits.done;
  }
  const given = urlOf(context, options);
  const { Depot, knownKey } = await import("../../fleet/client/index.ts");
  let found = "";
  // This client knows no key: whichever answers is told here, and no token goes to it.
  const depot = new Depot(given, {
    token: "",
    reach: reachMilliseconds,
    onNewKey: (fingerprint) => (found = fingerprint),
  });
  await depot.meet();
  out.line(printable(found));
  const { fingerprints, file } = trustOf(env, options.depotKey);
  const kept = file === undefined ? undefined : knownKey(file, depot.url);
  const trusted = fingerprints ?? (kept === undefined ? undefined : [kept]);
  if (trusted === undefined) talk.line(printable(`${depot.url} is not known here yet`));
  else if (trusted.includes(found)) talk.line(printable(`${depot.url} is known by it`));
  else {
    talk.line(printable(`rewindfs: ${depot.url} is known by another key: ${trusted.join(", ")}`));
    return exits.no;
  }
  return exits.done;
}

/** Keeps a fingerprint as that of a depot's key, in place of the one that is known. Throws UsageError and DepotError. */
export async function trust(context: Context, text: string, options: KeyChoice): Promise<number> {
  const fingerprint = text.toLowerCase();
  requireFingerprint(fingerprint);
  const { Depot, knownKey, replaceKey } = await import("../../fleet/client/index.ts");
  const { url } = new Depot(urlOf(context, options), { token: "" });
  const { file = "" } = trustOf({ ...context.env, REWINDFS_DEPOT_KEY: "" }, undefined);
  const before = knownKey(file, url);
  replaceKey(file, url, fingerprint);
  const instead =
    before === undefined || before === fingerprint ? "" : `, and no longer by ${before}`;
  context.talk.line(printable(`${url} is known by the key ${fingerprint}${instead}`));
  return exits.done;
}

/** Returns the addresses of depots that this user's commands know by a key; none where that cannot be read. */
export async function knownBy({ env }: Context, fingerprint: string): Promise<readonly string[]> {
  const { DepotError, depotsWith } = await import("../../fleet/client/index.ts");
  const { file = "" } = trustOf({ ...env, REWINDFS_DEPOT_KEY: "" }, undefined);
  try {
    return depotsWith(file, fingerprint);
  } catch (error) {
    if (error instanceof DepotError) return [];
    throw error;
  }
}

const reachMilliseconds = 4_000;
