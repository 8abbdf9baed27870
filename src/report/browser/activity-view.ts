import type { ActivityData, RunData } from "../format/data.ts";
import { el, svg } from "./dom.ts";

const height = 84;

/** Draws events over time by kind, and where runs begin. */
export class ActivityView {
  readonly element = el("div");
  readonly #data: ActivityData;
  readonly #cursor = svg("line", { class: "cursor", y1: 0, y2: height });

  constructor(data: ActivityData, runs: readonly RunData[]) {
    this.#data = data;
    const count = Math.max(1, data.pieces.length);
    const drawing = svg("svg", {
      viewBox: `0 0 ${count * 4} ${height}`,
      preserveAspectRatio: "none",
      role: "img",
      "aria-label": "events over time by kind",
    });
    const most = Math.max(1, ...data.pieces.map(({ counts }) => sum(counts)));
    for (const [index, { counts }] of data.pieces.entries()) {
      let top = height;
      // Few beside many are still seen.
      const scale = (Math.sqrt(sum(counts) / most) * (height - 6)) / Math.max(1, sum(counts));
      for (const [kind, number] of counts.entries()) {
        if (number === 0) continue;
        const tall = Math.max(1, number * scale);
        top -= tall;
        drawing.append(
          svg("rect", {
            x: index * 4,
            y: Math.max(0, top),
            width: 3.4,
            height: tall,
            class: `k-${data.kinds[kind] ?? ""}`,
          }),
        );
      }
    }
    for (const { first } of runs) {
      const x = this.#placeOf(first) * 4;
      drawing.append(
        svg("line", { x1: x, x2: x, y1: 0, y2: height, stroke: "currentColor", opacity: 0.15 }),
      );
    }
    drawing.append(this.#cursor);
    const legend = el(
      "div",
      "legend",
      ...data.kinds.flatMap((kind, index) => {
        const total = data.pieces.reduce((all, { counts }) => all + (counts[index] ?? 0), 0);
        if (total === 0) return [];
        return [
          el("span", "", el("i", `swatch k-${kind}`), `${kind} ${total.toLocaleString("en-US")}`),
        ];
      }),
    );
    this.element.append(legend, drawing);
  }

  /** The width of the drawing, in pieces of time. */
  get width(): number {
    return Math.max(1, this.#data.pieces.length);
  }

  /** Returns where an event stands in the drawing, from 0 to its width. */
  positionOf(seq: number): number {
    const place = this.#placeOf(seq);
    const [start, end] = this.#eventsOf(place);
    return end <= start ? place + 1 : place + Math.min(1, (seq - start) / (end - start));
  }

  /** Returns the event at a position. */
  seqAt(position: number): number {
    const place = Math.max(0, Math.min(Math.ceil(position) - 1, this.width - 1));
    const [start, end] = this.#eventsOf(place);
    return Math.round(start + (position - place) * (end - start));
  }

  goTo(seq: number): void {
    const x = this.positionOf(seq) * 4;
    this.#cursor.setAttribute("x1", String(x));
    this.#cursor.setAttribute("x2", String(x));
  }

  /** Returns the last event before a piece, and the last one of it. */
  #eventsOf(place: number): readonly [number, number] {
    const { pieces } = this.#data;
    const start = pieces[place - 1]?.seq ?? 0;
    return [start, pieces[place]?.seq ?? start];
  }

  #placeOf(seq: number): number {
    const at = this.#data.pieces.findIndex((piece) => piece.seq >= seq);
    return at === -1 ? Math.max(0, this.#data.pieces.length - 1) : at;
  }
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((all, one) => all + one, 0);
}
