import { readFileSync, statfsSync } from "node:fs";
import { availableParallelism, cpus, loadavg, release, type } from "node:os";

const packages = [
  "@bytecodealliance/jco",
  "@bytecodealliance/preview2-shim",
  "memfs",
  "agentfs-sdk",
];

/** The superblock numbers of statfs(2). */
const filesystems: ReadonlyMap<number, string> = new Map([
  [0xef53, "ext4"],
  [0x01021994, "tmpfs"],
  [0x9123683e, "btrfs"],
  [0x58465342, "xfs"],
  [0x794c7630, "overlayfs"],
]);

/** Returns lines that describe the machine: versions, processor, the kind of disk under a folder. */
export function describeMachine(folder: string): string {
  const versions = packages.map(
    (name) => `${name.split("/").at(-1)} ${versionIn(`../../node_modules/${name}/package.json`)}`,
  );
  const kind = filesystems.get(statfsSync(folder).type) ?? "an unknown filesystem";
  return [
    `rewindfs ${versionIn("../../package.json")}, Node.js ${process.versions.node}, ${versions.join(", ")}`,
    `${cpus()[0]?.model.trim() ?? "an unknown processor"}, ${availableParallelism()} of them; ${type()} ${release()}; ${kind}; load before it began ${(loadavg()[0] ?? 0).toFixed(1)}`,
  ].join("\n");
}

function versionIn(file: string): string {
  const parsed: { readonly version?: unknown } = JSON.parse(
    readFileSync(new URL(file, import.meta.url), "utf8"),
  );
  return String(parsed.version);
}
