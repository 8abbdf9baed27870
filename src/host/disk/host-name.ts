import { utf8Length } from "../../fs/index.ts";

/** Every file system of today ends here. */
const longestName = 255;
const longestTarget = 4_095;

/**
 * Why a name cannot be given to anything on this host, before the host is asked: it is none, it would lead elsewhere, or
 * on Windows some of its characters separate folders or name devices. Undefined where there is nothing against it.
 */
export function nameProblem(
  name: string,
  platform: NodeJS.Platform = process.platform,
): string | undefined {
  if (!isSingleName(name) || !name.isWellFormed()) return "that is no name";
  if (utf8Length(name) > longestName) return "the name is too long for this host";
  if (platform !== "win32") return undefined;
  const isLegal =
    !/[\\:*?"<>|\p{Cc}]/u.test(name) &&
    !/[. ]$/.test(name) &&
    !/^(?:con|prn|aux|nul|com\d|lpt\d)(?:\.|$)/i.test(name);
  return isLegal ? undefined : "Windows cannot hold such a name";
}

/** Tells whether a text names something in a directory, and can lead nowhere else. */
export function isSingleName(name: string): boolean {
  return name !== "" && name !== "." && name !== ".." && !/[/\0]/.test(name);
}

/** Why a symlink cannot have such a target on any host; undefined where it can. */
export function targetProblem(target: string): string | undefined {
  if (target === "" || target.includes("\0")) return "its target is no path";
  return utf8Length(target) > longestTarget ? "its target is too long for this host" : undefined;
}
