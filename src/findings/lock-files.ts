/** Lists files that fix the versions that an install takes, and their sources. */
const lockFiles: ReadonlySet<string> = new Set([
  "package-lock.json",
  "npm-shrinkwrap.json",
  "yarn.lock",
  "pnpm-lock.yaml",
  "bun.lock",
  "bun.lockb",
  "deno.lock",
  "cargo.lock",
  "poetry.lock",
  "uv.lock",
  "pdm.lock",
  "pipfile.lock",
  "pylock.toml",
  "gemfile.lock",
  "composer.lock",
  "go.sum",
  "flake.lock",
  "mix.lock",
  "pubspec.lock",
  "podfile.lock",
  "package.resolved",
  "packages.lock.json",
  "gradle.lockfile",
  "verification-metadata.xml",
  ".terraform.lock.hcl",
]);

/** Returns true if an install takes its versions from a file of this name. */
export function isLockFile(name: string): boolean {
  return lockFiles.has(name.toLowerCase());
}
