/** Matches characters that are invisible, or that turn the direction of the text after them. */
const unseen = /[\p{Cf}\p{Default_Ignorable_Code_Point}]/u;
/** Matches joiners that scripts and emoji need. */
const joiner = /(?<=[^\0-\x7f])(?:\u200c|\u200d|\ufe0e|\ufe0f)(?=[^\0-\x7f]|$)/gu;
const mixedWord =
  /[\p{Script=Latin}][\p{M}\p{N}_]*[\p{Script=Cyrillic}\p{Script=Greek}\p{Script=Armenian}\p{Script=Cherokee}]|[\p{Script=Cyrillic}\p{Script=Greek}\p{Script=Armenian}\p{Script=Cherokee}][\p{M}\p{N}_]*[\p{Script=Latin}]/u;
const twoEndings =
  /\.(?:pdf|docx?|xlsx?|pptx?|png|jpe?g|gif|txt|mp[34]|zip)[\s.\u00a0]*\.(?:exe|scr|com|pif|bat|cmd|js|jse|vbs|vbe|wsf|hta|ps1|lnk|msi|jar|sh|desktop)$/i;

/** Returns the reason why a name by itself may be taken for another; undefined for most. */
export function deceives(name: string): string | undefined {
  if (unseen.test(name.replaceAll(joiner, "")))
    return "its name holds characters that are not seen";
  if (mixedWord.test(name)) return "its name mixes letters of two alphabets that look alike";
  if (twoEndings.test(name)) return "its name ends like a document and is a program";
  if (/^[\s.]*\s[\s.]*$|\s$|\S\.$/u.test(name) && !/^\.+$/.test(name))
    return "its name ends in a blank or a dot, which some systems drop";
  return undefined;
}

/** Reduces a name to its look: names with the same look are taken for each other. */
export function lookOf(name: string): string {
  return name
    .normalize("NFKC")
    .toLowerCase()
    .replaceAll(/[01|]/g, (sign) => (sign === "0" ? "o" : "l"))
    .replaceAll("rn", "m")
    .replaceAll("vv", "w")
    .replaceAll(/[іӏ]/g, "i")
    .replaceAll(/[аαɑ]/g, "a")
    .replaceAll(/[сϲ]/g, "c")
    .replaceAll(/[еєε]/g, "e")
    .replaceAll(/[оοσ]/g, "o")
    .replaceAll(/[рρ]/g, "p")
    .replaceAll(/[хχ]/g, "x")
    .replaceAll(/[уγ]/g, "y");
}
