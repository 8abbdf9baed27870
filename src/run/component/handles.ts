/**
 * Limits the entries of all handle tables of a component together: each takes some fifty bytes outside of its memory.
 */
export const mostHandles = 1_000_000;

const counter = `let handlesLeft = ${mostHandles};`;
const spend = `function spendHandle() { if (handlesLeft === 0) throw new WebAssembly.RuntimeError("too many handles"); handlesLeft -= 1; }`;
const begin = /(?<=\nexport function instantiate\(.*\) \{)\n/;
const free = "const free = table[0] & ~T_FLAG;";
const ownHead = "function rscTableCreateOwn(table, rep) {";
const borrowHead = "function rscTableCreateBorrow(table, rep, scopeId) {";
const own = {
  head: ownHead,
  found: `${ownHead} ${free} table._createdReps.add(rep);`,
  bounded: `${ownHead} ${free} if (free === 0 || !table._createdReps.has(rep)) spendHandle(); table._createdReps.add(rep);`,
  rest: "if (free === 0) { table.push(0); table.push(rep | T_FLAG); return (table.length >> 1) - 1; } table[0] = table[free << 1]; table[free << 1] = 0; table[(free << 1) + 1] = rep | T_FLAG; return free; }",
} as const;
const borrow = {
  head: borrowHead,
  found: `${borrowHead} if (scopeId === undefined) { throw new Error("missing scopeId"); } ${free}`,
  bounded: `${borrowHead} if (scopeId === undefined) { throw new Error("missing scopeId"); } ${free} if (free === 0) spendHandle();`,
  rest: "if (free === 0) { table.push(scopeId); table.push(rep); return (table.length >> 1) - 1; } table[0] = table[free << 1]; table[free << 1] = scopeId; table[(free << 1) + 1] = rep; return free; }",
} as const;

/**
 * Gives the handle tables of jco's glue, which are unlimited, a limit over the whole component: a guest that reaches it
 * traps. Throws if the glue has unknown tables.
 */
export function boundHandles(glue: string): string {
  let bounded = replaceOnce(glue, begin, `\n${counter}\n${spend}\n`);
  for (const table of [own, borrow])
    if (bounded.includes(table.head))
      bounded = replaceOnce(
        bounded,
        loosely(`${table.found} ${table.rest}`),
        `${table.bounded} ${table.rest}`,
      );
  return bounded;
}

/** Functions of the glue that must be written exactly as here, by name. Spaces do not count. */
export const boundedFunctions: ReadonlyMap<string, string> = new Map([
  ["spendHandle", spend],
  ["rscTableCreateOwn", `${own.bounded} ${own.rest}`],
  ["rscTableCreateBorrow", `${borrow.bounded} ${borrow.rest}`],
]);

/** The glue's variable that only `spendHandle` may write. */
export const handleCounter = { name: "handlesLeft", declared: counter } as const;

function replaceOnce(text: string, pattern: RegExp, replacement: string): string {
  if (!pattern.test(text))
    throw new Error("the translator's handle tables are not those that are known");
  return text.replace(pattern, () => replacement);
}

/** Returns a pattern that matches the code with any spaces and line breaks between its words. */
function loosely(code: string): RegExp {
  const words = code
    .split(" ")
    .map((word) => word.replaceAll(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`));
  return new RegExp(words.join(String.raw`\s+`));
}
