import type { HostStat } from "../disk/host-stat.ts";

/** Names what an entry of the host is that no filesystem here can hold. */
export function kindOf(stat: HostStat): string {
  if (stat.isFIFO()) return "a pipe";
  if (stat.isSocket()) return "a socket";
  return stat.isBlockDevice() || stat.isCharacterDevice() ? "a device" : "of an unknown kind";
}
