import { homedir } from "node:os";
import { isAbsolute, join } from "node:path";

import { type Patterns, patternsIn } from "./rules.ts";

/**
 * Returns the patterns that git ignores in every repository of this user: from the file that `core.excludesFile` names
 * in the user's own settings, or git's usual one. Included settings are not read.
 */
export function usersRules(env: NodeJS.ProcessEnv = process.env): Patterns[] {
  const home = env["HOME"] || homedir();
  const config = join(env["XDG_CONFIG_HOME"] || join(home, ".config"), "git");
  const named = [join(home, ".gitconfig"), join(config, "config")]
    .map((file) => excludesFileIn(patternsIn(file, file) ?? ""))
    .find((one) => one !== undefined);
  const file = named === undefined ? join(config, "ignore") : inHome(named, home);
  const text = isAbsolute(file) ? patternsIn(file, file) : undefined;
  return text === undefined ? [] : [{ by: "git", file, directory: "", text }];
}

/** Finds the setting as git-config(1) says: the last one of a section counts, names in any case. */
function excludesFileIn(settings: string): string | undefined {
  let section = "";
  let found: string | undefined;
  for (const line of settings.split(/\r?\n/)) {
    const [, header] = /^\s*\[([^\]]*)\]/.exec(line) ?? [];
    if (header !== undefined) section = header.trim().toLowerCase();
    const [, value] = /^\s*(?:\[[^\]]*\]\s*)?excludesfile\s*=\s*(.*?)\s*$/i.exec(line) ?? [];
    if (section === "core" && value !== undefined) found = value.replace(/^"(.*)"$/, "$1");
  }
  return found;
}

function inHome(path: string, home: string): string {
  return path.startsWith("~/") ? join(home, path.slice(2)) : path;
}
