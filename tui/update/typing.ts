/** Tells if a key types one character. */
export function isCharacter(token: string): boolean {
  return Array.from(token).length === 1;
}

/** Appends a key to a text. */
export function typed(text: string, token: string): string {
  if (token === "backspace") return Array.from(text).slice(0, -1).join("");
  if (token === "ctrl+u") return "";
  if (token === "space") return `${text} `;
  return isCharacter(token) ? text + token : text;
}
