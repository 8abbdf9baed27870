/**
 * Why a name cannot be given to anything on this host, before the host is asked: on Windows some characters separate
 * folders or name devices. Undefined where there is nothing against it.
 */
export function nameProblem(
  name: string,
  platform: NodeJS.Platform = process.platform,
): string | undefined {
  if (platform !== "win32") return undefined;
  const isLegal =
    !/[\\:*?"<>|\p{Cc}]/u.test(name) &&
    !/[. ]$/.test(name) &&
    !/^(?:con|prn|aux|nul|com\d|lpt\d)(?:\.|$)/i.test(name);
  return isLegal ? undefined : "Windows cannot hold such a name";
}
