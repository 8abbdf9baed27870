// Adds to package-lock.json the builds for other systems that its packages offer and that it lacks. npm omits builds
// that the registry at hand does not have, and `npm ci` then refuses the file. Run it after `npm install`.
import { readFileSync, writeFileSync } from "node:fs";

interface Locked {
  version?: string;
  dev?: true;
  optional?: true;
  os?: string[];
  cpu?: string[];
  libc?: string[];
  optionalDependencies?: Record<string, string>;
}

const file = new URL("../package-lock.json", import.meta.url);
const lock: { packages: Record<string, Locked> } = JSON.parse(readFileSync(file, "utf8"));
const packages = new Map(Object.entries(lock.packages));

const locked = [...packages];
for (const [path, { dev, optionalDependencies = {} }] of locked) {
  for (const [name, range] of Object.entries(optionalDependencies)) {
    const version = range.replace(/^[\^~]/, "");
    if (isFound(path, name, version)) continue;
    const place = placeFor(path, name);
    packages.set(place, {
      version,
      ...systemOf(name),
      ...(dev === undefined ? {} : { dev }),
      optional: true,
    });
  }
}

lock.packages = Object.fromEntries(
  [...packages].sort(([left], [right]) => left.localeCompare(right, "en")),
);
writeFileSync(file, `${JSON.stringify(lock, null, 2)}\n`);

/** Tells if the package at `path` finds `name` as Node would: in the nearest node_modules that has it. */
function isFound(path: string, name: string, version: string): boolean {
  for (const folder of foldersAbove(path)) {
    const found = packages.get(`${folder}${name}`);
    if (found !== undefined) return found.version === version;
  }
  return false;
}

/** Returns the place for a package: the top folder, or the nearest free one if another version is there. */
function placeFor(path: string, name: string): string {
  const free = foldersAbove(path).filter((folder) => !packages.has(`${folder}${name}`));
  const places = packages.has(`node_modules/${name}`) ? free.slice(0, 1) : free.slice(-1);
  return `${places[0] ?? `${path}/node_modules/`}${name}`;
}

/** Returns the node_modules folders that a package sees, the nearest first. */
function foldersAbove(path: string): string[] {
  const folders = [`${path}/node_modules/`];
  for (let end = path.lastIndexOf("node_modules/"); end >= 0;) {
    folders.push(path.slice(0, end + "node_modules/".length));
    end = end === 0 ? -1 : path.lastIndexOf("node_modules/", end - 1);
  }
  return folders;
}

/** Returns the system that a build is for, from its package's name. */
function systemOf(name: string): Pick<Locked, "os" | "cpu" | "libc"> {
  const words = name.split("/").at(-1)?.split("-") ?? [];
  const pick = (known: readonly string[]) => known.filter((word) => words.includes(word));
  const os = pick(["darwin", "linux", "win32", "freebsd", "android", "openharmony", "aix"]);
  const cpu = pick([
    "arm64",
    "x64",
    "ia32",
    "arm",
    "ppc64",
    "riscv64",
    "s390x",
    "loong64",
    "wasm32",
  ]);
  const libc = words.includes("musl")
    ? ["musl"]
    : os[0] === "linux" && words.includes("gnu")
      ? ["glibc"]
      : [];
  return {
    ...(os.length > 0 ? { os } : {}),
    ...(cpu.length > 0 ? { cpu } : {}),
    ...(libc.length > 0 ? { libc } : {}),
  };
}
