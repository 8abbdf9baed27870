import type { Command } from "commander";
import { join } from "node:path";
import { stateFolder } from "../../../journal/index.ts";
import type { Depot, TrustChoice } from "../../fleet/client/index.ts";
import { type Printable, type Shown, formatDuration, line, printable } from "../../text/index.ts";
import type { Context } from "../command/context.ts";
import { UsageError } from "../command/failure.ts";
import { keyText } from "../command/key-file.ts";
import type { Progress } from "../command/progress.ts";

/** Options of every command that talks to a depot. */
export interface DepotChoice {
  readonly depot?: string;
  readonly depotKey?: string;
  readonly tokenFile?: string;
}

/** Longest time in milliseconds that who asks waits for a depot of which nothing is heard. */
export const askingReach = 4_000;

export function depotOptions(command: Command): Command {
  return command
    .option("--depot <url>", "the depot's address (default: $REWINDFS_DEPOT)")
    .option(
      "--depot-key <fingerprint>",
      "the only key to trust; `depot key` prints it (default: $REWINDFS_DEPOT_KEY, or the key it had the first time)",
    )
    .option("--token-file <file>", "the file with the token (default: $REWINDFS_DEPOT_TOKEN)");
}

interface Talking {
  readonly signal?: AbortSignal;
  readonly progress?: Progress;
  readonly patience?: number;
  readonly reach?: number;
  /** Names what is being done, for the lines about waiting. */
  readonly about?: () => string | undefined;
}

/** Returns the depot that the options or the environment name. Throws UsageError, and DepotError. */
export async function depotOf(
  context: Context,
  choice: DepotChoice,
  { progress, about, ...how }: Talking,
): Promise<Depot> {
  const { env, talk } = context;
  const url = urlOf(context, choice);
  const say = (text: Shown) =>
    (progress ?? { talk: (shown: Shown) => talk.line(shown) }).talk(text);
  const { Depot } = await import("../../fleet/client/index.ts");
  return new Depot(url, {
    ...how,
    token: tokenOf(env, choice.tokenFile),
    trust: trustOf(env, choice.depotKey),
    onNewKey: (fingerprint, isKept) => {
      for (const text of newKeyText(url, fingerprint, isKept)) say(text);
    },
    onWait: (reason, milliseconds) => {
      const wait = formatDuration(BigInt(Math.round(milliseconds)) * 1_000_000n);
      const subject = about?.();
      const what = printable(subject === undefined ? reason : `${subject}: ${reason}`);
      say(line`rewindfs: ${what}; trying again in ${wait}`);
    },
  });
}

/** Returns the address of the depot that the options or the environment name. Throws UsageError. */
export function urlOf({ env }: Context, { depot }: DepotChoice): string {
  const url = depot ?? env["REWINDFS_DEPOT"];
  if (url === undefined || url === "")
    throw new UsageError(
      "no depot is named",
      "give --depot URL, or set REWINDFS_DEPOT; `rewindfs help depot` says how one is run",
    );
  return url;
}

/** Returns which keys of a depot are trusted. Throws UsageError for what is no fingerprint. */
export function trustOf(env: NodeJS.ProcessEnv, depotKey: string | undefined): TrustChoice {
  const given = depotKey ?? (env["REWINDFS_DEPOT_KEY"] || undefined);
  if (given === undefined) return { file: join(stateFolder(env), "known-depots") };
  const fingerprints = given
    .toLowerCase()
    .split(/[\s,]+/)
    .filter((one) => one !== "");
  for (const one of fingerprints) requireFingerprint(one);
  return { fingerprints };
}

/** Throws UsageError for what is no fingerprint of a key. */
export function requireFingerprint(text: string): void {
  if (!/^[0-9a-f]{64}$/.test(text))
    throw new UsageError(
      `${text} is no fingerprint of a depot's key`,
      "64 hex digits; `rewindfs depot key` prints them",
    );
}

/** Says that a depot answered whose key was not known. */
export function newKeyText(
  url: string,
  fingerprint: string,
  isKept: boolean,
): readonly Printable[] {
  return [
    printable(`rewindfs: ${url} is new here; its key is ${fingerprint}`),
    ...(isKept
      ? []
      : [
          printable(
            "Hint: that key cannot be kept for the next time; REWINDFS_DEPOT_KEY says which one it must be",
          ),
        ]),
  ];
}

/** Returns the token that the option or the environment names. Throws UsageError. */
export function tokenOf(env: NodeJS.ProcessEnv, file: string | undefined): string {
  const token = (
    file === undefined
      ? (env["REWINDFS_DEPOT_TOKEN"] ?? "")
      : keyText(
          "--token-file",
          file,
          "give the path of a file that has the token alone, as `rewindfs depot grant` printed it",
        )
  ).trim();
  if (token === "")
    throw new UsageError(
      file === undefined ? "there is no token for the depot" : `${file} holds no token`,
      "give --token-file FILE, or set REWINDFS_DEPOT_TOKEN; `rewindfs depot grant` makes one",
    );
  if (!/^[\x21-\x7e]{1,200}$/.test(token))
    throw new UsageError(
      "the token for the depot is not one word",
      "give it as `rewindfs depot grant` printed it",
    );
  return token;
}
