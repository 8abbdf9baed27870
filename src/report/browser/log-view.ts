import type { LogRow } from "../format/data.ts";
import { el } from "./dom.ts";

const rowHeight = 22;
/** Counts the rows that are drawn beyond those in sight. */
const margin = 10;
const mostPrinted = 3_000;

/** Shows the rows of the log that are in sight, however many there are. */
export class LogView {
  readonly element = el("div", "log mono");
  readonly #rows: readonly LogRow[];
  readonly #select: (seq: number) => void;
  readonly #fill = el("div", "fill");
  readonly #window = el("div", "rows");
  #shown: readonly LogRow[];
  #at = 0;

  constructor(rows: readonly LogRow[], select: (seq: number) => void) {
    this.#rows = rows;
    this.#shown = rows;
    this.#select = select;
    this.element.tabIndex = 0;
    this.element.append(this.#fill, this.#window);
    this.element.addEventListener("scroll", () => this.#draw());
    window.addEventListener("resize", () => this.#draw());
    window.addEventListener("beforeprint", () => this.#fillWith(0, mostPrinted));
    window.addEventListener("afterprint", () => this.#draw());
    this.filter("", 0, "");
  }

  /** Keeps the rows with this text in them, of this run (0: all) and operation ("": all); returns how many. */
  filter(text: string, run: number, operation: string): number {
    const wanted = text.toLowerCase();
    this.#shown = this.#rows.filter(
      (row) =>
        (run === 0 || row[1] === run) &&
        (operation === "" || row[3] === operation) &&
        (wanted === "" || `${row[3]} ${row[4]} ${row[5]}`.toLowerCase().includes(wanted)),
    );
    this.#fill.style.height = `${this.#shown.length * rowHeight}px`;
    this.element.scrollTop = 0;
    this.#draw();
    return this.#shown.length;
  }

  /** Brings the last row up to a moment into sight. */
  goTo(seq: number): void {
    this.#at = seq;
    const top = Math.max(0, this.#indexOf(seq)) * rowHeight;
    const { scrollTop, clientHeight } = this.element;
    if (top < scrollTop || top > scrollTop + clientHeight - 2 * rowHeight)
      this.element.scrollTop = Math.max(0, top - clientHeight / 2);
    this.#draw();
  }

  /** Returns the moment some rows on or back. */
  step(seq: number, rows: number): number | undefined {
    const index = this.#indexOf(seq) + rows;
    return this.#shown[Math.max(0, Math.min(index, this.#shown.length - 1))]?.[0];
  }

  /** Returns the last row up to a moment; undefined before the first. */
  rowAt(seq: number): LogRow | undefined {
    return this.#shown[this.#indexOf(seq)];
  }

  /** Returns -1 before the first row. */
  #indexOf(seq: number): number {
    let [low, high] = [0, this.#shown.length];
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.#shown[middle]?.[0] ?? 0) <= seq) low = middle + 1;
      else high = middle;
    }
    return low - 1;
  }

  #draw(): void {
    const first = Math.max(0, Math.floor(this.element.scrollTop / rowHeight) - margin);
    const count = Math.ceil((this.element.clientHeight || 460) / rowHeight) + 2 * margin;
    this.#fillWith(first, count);
  }

  #fillWith(first: number, count: number): void {
    const current = this.#shown[this.#indexOf(this.#at)];
    this.#window.style.transform = `translateY(${first * rowHeight}px)`;
    this.#window.replaceChildren(
      ...this.#shown.slice(first, first + count).map((row) => {
        const [seq, , clock, operation, path, note, times] = row;
        const line = el(
          "div",
          row === current ? "row at" : "row",
          el("span", "seq", String(seq)),
          el("span", "clock", clock),
          el("span", `op op-${operation}`, times === 1 ? operation : `${operation} ×${times}`),
          el("span", "path", path),
          el("span", "note", note),
        );
        line.title = `${path} ${note}`;
        line.addEventListener("click", () => this.#select(seq));
        return line;
      }),
    );
  }
}
