import { narrowed } from "./narrowed.ts";
import { type SecretMatch, ownSecretsIn } from "./own-secrets.ts";

/** Finds secrets in a text of one character a byte, also where it is UTF-16. */
export type ScanSecrets = (text: string) => Promise<readonly SecretMatch[]>;

/**
 * Loads the rules of secretlint, and ours beside them. Secretlint's receive text and no file name: one of them would read that file from this machine.
 * That rule is left out, and so is the one that lets comments in a file switch the others off.
 */
export async function loadSecretScan(): Promise<ScanSecrets> {
  const { rules } = await import("@secretlint/secretlint-rule-preset-recommend");
  const parsed: readonly unknown[] = Array.isArray(rules) ? rules : [];
  const scanners = parsed.flatMap((rule) => {
    const creator = parseRule(rule);
    return creator === undefined || leftOut.has(creator.name) ? [] : [creator];
  });
  if (scanners.length === 0)
    throw new TypeError("secretlint's rules have another shape than was expected");
  const scanAll: ScanSecrets = async (text) => {
    if (text.length < shortestSecret) return [];
    const found: SecretMatch[] = [];
    for (const { name, scan } of scanners) {
      await scan(text, ([start, end]) => {
        found.push({ what: nameOf(name), start, end });
      });
    }
    return [...found, ...ownSecretsIn(text, found)];
  };
  return async (text) => {
    const wide = narrowed(text);
    const found = await scanAll(text);
    if (wide === undefined) return found;
    const inWide = await scanAll(wide.text);
    const there = inWide.map(({ what, start, end }) => ({
      what,
      start: wide.placeOf(start),
      end: wide.placeOf(end - 1) + 1,
    }));
    return [...found, ...there];
  };
}

/** Characters of the shortest text that any rule finds. */
export const shortestSecret = 16;

/** Names rules by their last part. The rule "gcp" opens files; "privatekey" finds the same keys. */
const leftOut: ReadonlySet<string> = new Set(["gcp", "filter-comments"]);

const names: ReadonlyMap<string, string> = new Map([
  ["aws", "a secret key of AWS"],
  ["privatekey", "a private key"],
  ["npm", "a token of npm"],
  ["basicauth", "a password in an address"],
  ["database-connection-string", "a password of a database"],
  ["github", "a token of GitHub"],
  ["gitlab", "a token of GitLab"],
  ["docker", "a token of Docker"],
]);

function nameOf(rule: string): string {
  return names.get(rule) ?? `a key of ${rule}`;
}

type Report = (range: readonly [number, number]) => void;

interface Scanner {
  readonly name: string;
  readonly scan: (text: string, report: Report) => Promise<void>;
}

const prefix = "@secretlint/secretlint-rule-";

/** Parses a rule of secretlint; undefined if it has another shape. */
function parseRule(rule: unknown): Scanner | undefined {
  if (!isRecord(rule) || !isRecord(rule["meta"])) return undefined;
  const { create, meta } = rule;
  const { id } = meta;
  if (typeof id !== "string" || typeof create !== "function") return undefined;
  const name = id.startsWith(prefix) ? id.slice(prefix.length) : id;
  let report: Report = () => {};
  const context = {
    createTranslator: () => (messageId: unknown) => ({ messageId, message: "" }),
    report: (descriptor: unknown) => {
      const range = isRecord(descriptor) ? parseRange(descriptor["range"]) : undefined;
      if (range !== undefined) report(range);
    },
    ignore: () => {},
  };
  const scanner: unknown = create(context, {});
  if (!isRecord(scanner)) return undefined;
  const { file } = scanner;
  if (typeof file !== "function") return undefined;
  return {
    name,
    async scan(content, onFound) {
      report = onFound;
      await file({ content, filePath: "", ext: "", contentType: "text" });
    },
  };
}

function parseRange(range: unknown): readonly [number, number] | undefined {
  if (!Array.isArray(range)) return undefined;
  const [start, end]: readonly unknown[] = range;
  return typeof start === "number" && typeof end === "number" ? [start, end] : undefined;
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null;
}
