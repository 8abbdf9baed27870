/** Locates a text that looks like a secret. */
export interface SecretMatch {
  /** Names the kind: "a token of GitHub". */
  readonly what: string;
  readonly start: number;
  readonly end: number;
}

/** Recognises secrets that secretlint's rules pass over. */
interface OwnSecret {
  readonly what: string;
  /** Matches what might be one, with its content as the first group; takes time in proportion to the text. */
  readonly pattern: RegExp;
  /** Judges the content, without spaces, line ends and such as JSON writes them. */
  readonly content: RegExp;
}

const ownSecrets: readonly OwnSecret[] = [
  {
    what: "a private key",
    // Of any kind and length: one of Ed25519 in PKCS #8 has 64 signs. Encrypted ones have a label or headers that do not fit.
    pattern:
      /-----BEGIN (?!ENCRYPTED )(?:[A-Z0-9]{1,20} ){0,3}PRIVATE KEY-----([A-Za-z0-9+/=\s\\]{56,10000})-----END /g,
    // A sequence of DER.
    content: /^M[A-P][A-Za-z0-9+/]{54,}={0,2}$/,
  },
];

/** Finds secrets that begin in none of the places where others were found. */
export function ownSecretsIn(text: string, known: readonly SecretMatch[]): SecretMatch[] {
  const found: SecretMatch[] = [];
  // By a set: a text may have any number of both.
  const starts = new Set(known.map((one) => one.start));
  for (const { what, pattern, content } of ownSecrets)
    for (const match of text.matchAll(pattern)) {
      const start = match.index;
      const end = start + match[0].length;
      if (starts.has(start)) continue;
      const plain = (match[1] ?? "").replace(/\\[nrt]|\s/g, "");
      if (content.test(plain)) found.push({ what, start, end });
    }
  return found;
}
