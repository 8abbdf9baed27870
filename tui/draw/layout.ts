/** Panels that can have the focus, in the order of Tab. */
export const panels = ["timeline", "tree", "main"] as const;
export type PanelName = (typeof panels)[number];

export interface Size {
  readonly columns: number;
  readonly rows: number;
}

/** A rectangle of cells. */
export interface Area {
  readonly left: number;
  readonly top: number;
  readonly width: number;
  readonly height: number;
}

/** The place of each part. Areas never overlap, and fill the screen. */
export type Layout =
  | { readonly kind: "small" }
  | {
      readonly kind: "panels";
      /** One row. */
      readonly status: Area;
      /** Two rows (marks, activity) if there is room, one (activity), or none. */
      readonly scrubber: Area | undefined;
      readonly shown: readonly { readonly name: PanelName; readonly area: Area }[];
      /** One row. */
      readonly hints: Area;
    };

/** Smaller screens show one sentence. */
export const smallest: Size = { columns: 40, rows: 10 };
/** Narrower screens show one panel at a time. */
const sideBySide = 60;
/** From this many rows on the scrubber has two. */
const tall = 30;
/** With fewer rows for panels the timeline and the tree take turns. */
const stackable = 13;

export type Zoom = "split" | "full";

/** Computes the layout from the size of the terminal, the focus and the zoom. */
export function layout({ columns, rows }: Size, focus: PanelName, zoom: Zoom): Layout {
  if (columns < smallest.columns || rows < smallest.rows) return { kind: "small" };
  const isNarrow = columns < sideBySide;
  const scrubberRows = isNarrow ? 0 : rows >= tall ? 2 : 1;
  const top = 1 + scrubberRows;
  const body = { left: 0, top, width: columns, height: rows - top - 1 };
  return {
    kind: "panels",
    status: { left: 0, top: 0, width: columns, height: 1 },
    scrubber:
      scrubberRows === 0 ? undefined : { left: 0, top: 1, width: columns, height: scrubberRows },
    shown: isNarrow || zoom === "full" ? [{ name: focus, area: body }] : split(body, focus),
    hints: { left: 0, top: rows - 1, width: columns, height: 1 },
  };
}

function split(body: Area, focus: PanelName): { name: PanelName; area: Area }[] {
  const width = Math.min(Math.max(Math.floor(body.width * 0.46), 40), Math.floor(body.width / 2));
  const main = { ...body, left: width, width: body.width - width };
  if (body.height < stackable) {
    const name = focus === "tree" ? "tree" : "timeline";
    return [
      { name, area: { ...body, width } },
      { name: "main", area: main },
    ];
  }
  const height = Math.ceil(body.height * 0.56);
  return [
    { name: "timeline", area: { ...body, width, height } },
    {
      name: "tree",
      area: { left: 0, top: body.top + height, width, height: body.height - height },
    },
    { name: "main", area: main },
  ];
}

/** Returns the rows of a panel that hold its list: all but the border, and any header lines. */
export function listHeight(layout: Layout, name: PanelName, headers = 0): number {
  if (layout.kind === "small") return 1;
  const panel = layout.shown.find((candidate) => candidate.name === name);
  return Math.max(1, (panel?.area.height ?? 3) - 2 - headers);
}

/** Returns the first row of a timeline that has a row in its middle. */
export function timelinePlace(areas: Layout, row: number): number {
  return Math.max(0, row - Math.floor(listHeight(areas, "timeline") / 2));
}

/** Returns the columns of a panel between its borders; for a hidden one, as if it were shown alone. */
export function innerWidth(areas: Layout, name: PanelName): number {
  if (areas.kind === "small") return 1;
  const panel = areas.shown.find((candidate) => candidate.name === name);
  return (panel?.area.width ?? areas.status.width) - 2;
}
