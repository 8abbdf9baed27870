import { looksSecret, pathTable } from "../host/index.ts";
import type { Level } from "./finding.ts";

/** Describes files that hold keys, passwords or tokens. */
interface Credential {
  /** Patterns of paths, as the table of tool files has them. */
  readonly paths: readonly string[];
  /** Names the content: words that can follow "holds". */
  readonly holds: string;
  readonly level: Level;
}

/** Lists where programs keep keys, passwords and tokens. A project's own ones are low: tools ask for them every day. */
export const credentials: readonly Credential[] = [
  { paths: [".ssh/**"], holds: "keys of ssh", level: "high" },
  {
    paths: [
      ".aws/**",
      ".azure/**",
      ".config/gcloud/**",
      ".kube/config",
      ".docker/config.json",
      ".config/gh/hosts.yml",
      ".terraform.d/**",
    ],
    holds: "keys of a cloud",
    level: "high",
  },
  { paths: [".gnupg/**", ".password-store/**", "*.kdbx"], holds: "a user's keys", level: "high" },
  {
    paths: [".netrc", "_netrc", ".git-credentials", ".pgpass", ".my.cnf", ".vault-token"],
    holds: "passwords",
    level: "high",
  },
  {
    paths: ["etc/shadow", "etc/passwd", "etc/sudoers", "proc/self/environ"],
    holds: "a machine's accounts",
    level: "high",
  },
  {
    paths: ["login.keychain*", "cookies.sqlite", "login data", "logins.json", "wallet.dat"],
    holds: "what a browser or a wallet keeps",
    level: "high",
  },
  {
    paths: [".env", ".env.*", ".npmrc", ".pypirc", ".yarnrc.yml", ".cargo/credentials*"],
    holds: "what may be tokens",
    level: "low",
  },
];

const find = pathTable(credentials);

/** Returns what a path holds by its name, and how much reading it matters; undefined for most paths. */
export function credentialAt(
  path: string,
): { readonly holds: string; readonly level: Level } | undefined {
  const found = find(path)?.row;
  if (found !== undefined) return found;
  return looksSecret(path) ? { holds: "what may be keys", level: "low" } : undefined;
}
