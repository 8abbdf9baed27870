/** Returns a text as a shell takes it, for a command in a hint; `otherwise` for one that is shown otherwise than it is. */
export function shellWord(text: string, otherwise = "NAME"): string {
  if (/^[\w./@:+,-]+$/.test(text)) return text;
  return /^[^"$`\\!\p{C}]+$/u.test(text) ? `"${text}"` : otherwise;
}
