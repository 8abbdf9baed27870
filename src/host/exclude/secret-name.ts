/** Samples, and the public halves of secrets. */
const harmless =
  /\.(?:example|sample|template|dist|pub)$|^[^.]*(?:cert|chain|bundle|public)[^.]*\.pem$/i;

const secret: readonly RegExp[] = [
  /^\.env(?:\..+)?$/i,
  /^\.(?:netrc|npmrc|pypirc|pgpass|htpasswd|git-credentials|vault-token)$/i,
  /^id_(?:rsa|dsa|ecdsa|ed25519)/i,
  /\.(?:pem|key|p12|pfx|ppk|jks|keystore|kdbx|ovpn|tfstate)$/i,
  /^(?:credentials|secrets?)(?:\.(?:json|ya?ml|toml|ini|txt|env))?$/i,
  /service[-_]?account.*\.json$/i,
];
/** Matches what one of these does: most names are tested once. */
const anySecret = new RegExp(secret.map(({ source }) => source).join("|"), "i");

/** Tells if a file's name suggests that it should stay on this machine: keys, passwords, tokens. */
export function looksSecret(path: string): boolean {
  const name = path.slice(path.lastIndexOf("/") + 1);
  return anySecret.test(name) && !harmless.test(name);
}
