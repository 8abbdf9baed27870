import { readFileSync } from "node:fs";

/** The type that the kernel is told for each mount of rewindfs. */
const type = "fuse.rewindfs";

/** Returns the device numbers of what rewindfs has mounted on this machine, as a record of an entry has them. */
export function ownMounts(mounts = mountsHere()): ReadonlySet<bigint> {
  const devices = new Set<bigint>();
  for (const line of mounts.split("\n")) {
    // ID PARENT DEVICE ROOT POINT OPTIONS… - TYPE SOURCE SUPER-OPTIONS
    const [before = "", after = ""] = line.split(" - ");
    if (after.split(" ")[0] !== type) continue;
    const [major, minor] = (before.split(" ")[2] ?? "").split(":").map(BigInt);
    if (major !== undefined && minor !== undefined) devices.add(deviceOf(major, minor));
  }
  return devices;
}

/** Packs a device's number as makedev(3) does. */
function deviceOf(major: bigint, minor: bigint): bigint {
  return (
    ((major & ~0xfffn) << 32n) |
    ((major & 0xfffn) << 8n) |
    ((minor & ~0xffn) << 12n) |
    (minor & 0xffn)
  );
}

function mountsHere(): string {
  try {
    return readFileSync("/proc/self/mountinfo", "utf8");
  } catch {
    // Other systems have no such list, and no mounts of ours.
    return "";
  }
}
