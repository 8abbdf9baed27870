import { mkdtempSync, rmSync } from "node:fs";
import { join } from "node:path";

/** One subject of the benchmark. */
export interface Part {
  readonly title: string;
  run(bench: Bench): Promise<void>;
}

/** A promised limit for a number, upper or lower. */
export interface Bar {
  readonly what: string;
  readonly measured: number;
  readonly bound: { readonly atMost: number } | { readonly atLeast: number };
  /** "ms", "times"… */
  readonly unit: string;
}

/** Working folder and output of the parts. Results go to stdout; progress to stderr, if that is a terminal. */
export class Bench {
  readonly size: "full" | "quick";
  readonly #folder: string;
  readonly #lines: string[] = [];
  readonly #bars: Bar[] = [];

  constructor(folder: string, size: "full" | "quick") {
    this.#folder = folder;
    this.size = size;
  }

  /** Returns `full`, or less for a quick check that everything works. */
  amount(full: number, quick: number): number {
    return this.size === "full" ? full : quick;
  }

  /** Runs a function with an empty directory of its own, which is removed afterwards. */
  async within<T>(run: (folder: string) => T | Promise<T>): Promise<T> {
    const folder = mkdtempSync(join(this.#folder, "fresh-"));
    try {
      return await run(folder);
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  }

  say(text = ""): void {
    this.#clear();
    console.log(text);
    this.#lines.push(text);
  }

  title(text: string): void {
    this.say();
    this.say(text);
    this.say("-".repeat(text.length));
  }

  /** Prints rows of text, the first column to the left and the others to the right. */
  table(head: readonly string[], rows: readonly (readonly string[])[]): void {
    const widths = head.map((_, column) =>
      Math.max(...[head, ...rows].map((row) => row[column]?.length ?? 0)),
    );
    for (const row of [head, ...rows]) {
      const cells = row.map((cell, column) =>
        column === 0 ? cell.padEnd(widths[0] ?? 0) : cell.padStart(widths[column] ?? 0),
      );
      this.say(cells.join("  "));
    }
  }

  bar(bar: Bar): void {
    this.#bars.push(bar);
    this.say(barText(bar));
  }

  progress(text: string): void {
    if (!process.stderr.isTTY) return;
    process.stderr.write(`\r\u001b[K${text}`);
  }

  summary(): void {
    const missed = this.#bars.filter((bar) => !isMet(bar));
    this.title(`Bars: ${this.#bars.length - missed.length} of ${this.#bars.length} met`);
    for (const bar of missed) this.say(barText(bar));
  }

  text(): string {
    return this.#lines.join("\n");
  }

  #clear(): void {
    if (process.stderr.isTTY) process.stderr.write("\r\u001b[K");
  }
}

function isMet({ measured, bound }: Bar): boolean {
  return "atMost" in bound ? measured <= bound.atMost : measured >= bound.atLeast;
}

function barText(bar: Bar): string {
  const { what, measured, bound, unit } = bar;
  const promised = "atMost" in bound ? `at most ${bound.atMost}` : `at least ${bound.atLeast}`;
  return `${isMet(bar) ? "met   " : "MISSED"}  ${what}: ${number(measured)} ${unit} (bar: ${promised})`;
}

/** Formats a number with about three digits. */
export function number(value: number): string {
  if (value >= 100) return Math.round(value).toLocaleString("en-US");
  return value.toFixed(value >= 10 ? 1 : 2);
}
