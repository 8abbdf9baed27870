/** The oldest Node.js that everything runs on; `engines` of package.json says the same. */
const needed = [22, 15] as const;

/**
 * Returns the message for a Node.js of this version, such as "20.19.4", if it is too old; undefined if it is new
 * enough.
 */
export function nodeProblem(version: string): string | undefined {
  const [major = 0, minor = 0] = version.split(".").map(Number);
  if (major > needed[0] || (major === needed[0] && minor >= needed[1])) return undefined;
  return `cannot run on Node.js ${version}: it needs ${needed.join(".")} or later`;
}
