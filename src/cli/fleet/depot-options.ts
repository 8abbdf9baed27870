import type { Command } from "commander";
import type { Depot } from "../../fleet/client/index.ts";
import { formatDuration, line, printable } from "../../text/index.ts";
import type { Context } from "../command/context.ts";
import { UsageError } from "../command/failure.ts";
import { keyText } from "../command/key-file.ts";
import type { Progress } from "../command/progress.ts";

/** Options of every command that talks to a depot. */
export interface DepotChoice {
  readonly depot?: string;
  readonly tokenFile?: string;
}

export function depotOptions(command: Command): Command {
  return command
    .option("--depot <url>", "the depot's address (default: $REWINDFS_DEPOT)")
    .option("--token-file <file>", "the file with the token (default: $REWINDFS_DEPOT_TOKEN)");
}

/** Returns the depot that the options or the environment name. Throws UsageError, and DepotError. */
export async function depotOf(
  { env }: Context,
  { depot, tokenFile }: DepotChoice,
  { signal, progress, patience }: { signal?: AbortSignal; progress?: Progress; patience?: number },
): Promise<Depot> {
  const url = depot ?? env["REWINDFS_DEPOT"];
  if (url === undefined || url === "")
    throw new UsageError(
      "no depot is named",
      "give --depot URL, or set REWINDFS_DEPOT; `rewindfs help depot` says how one is run",
    );
  const { Depot } = await import("../../fleet/client/index.ts");
  return new Depot(url, {
    token: tokenOf(env, tokenFile),
    ...(signal === undefined ? {} : { signal }),
    ...(patience === undefined ? {} : { patience }),
    onWait: (reason, milliseconds) => {
      const wait = formatDuration(BigInt(Math.round(milliseconds)) * 1_000_000n);
      progress?.talk(line`rewindfs: ${printable(reason)}; trying again in ${wait}`);
    },
  });
}

/** Returns the token that the option or the environment names. Throws UsageError. */
export function tokenOf(env: NodeJS.ProcessEnv, file: string | undefined): string {
  const token = (
    file === undefined ? (env["REWINDFS_DEPOT_TOKEN"] ?? "") : keyText("--token-file", file)
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
