import type { ReportData } from "../format/data.ts";
import { ActivityView } from "./activity-view.ts";
import { type Authors, changeView } from "./diff-view.ts";
import { button, el } from "./dom.ts";
import { LogView } from "./log-view.ts";
import { TreeView } from "./tree-view.ts";

/** Counts the changes that are open at first. */
const mostOpen = 6;
const changesAtOnce = 200;

const source = document.querySelector("#data");
const page = document.querySelector("#page");
// The page and its data are made together: nobody else writes this element.
const data = JSON.parse(source?.textContent ?? "null") as ReportData;
if (page !== null) show(page);

function show(page: Element): void {
  const end = data.runs.at(-1)?.last ?? 0;
  const firstProgram = data.runs.find(({ kind }) => kind === "program");
  const since = (firstProgram?.first ?? 1) - 1;
  const activity = new ActivityView(data.activity, data.runs);
  const tree = new TreeView(data.tree);
  const log = new LogView(data.log, (seq) => goTo(seq));
  const slider = el("input");
  slider.type = "range";
  slider.min = "0";
  slider.max = String(activity.width);
  slider.step = "any";
  slider.ariaLabel = "moment";
  const now = el("span", "now mono");
  const last = Math.max(end, data.log.at(-1)?.[0] ?? 0);
  let at = last;

  const goTo = (seq: number): void => {
    at = Math.max(0, Math.min(seq, last));
    slider.value = String(activity.positionOf(at));
    activity.goTo(at);
    tree.show(at, since);
    log.goTo(at);
    const row = log.rowAt(at);
    const text = row === undefined ? "" : `${row[3]} ${row[4]} ${row[5]}`;
    now.textContent = `event ${at} of ${last}  ${text}`;
    slider.setAttribute("aria-valuetext", now.textContent);
  };
  const step = (rows: number): void => goTo(log.step(at, rows) ?? at);
  slider.addEventListener("input", () => {
    const { value } = slider;
    goTo(activity.seqAt(Number(value)));
    // It stays where it was drawn to, also between two events.
    slider.value = value;
  });
  document.addEventListener("keydown", (event) => {
    const { target } = event;
    if (target === search && event.key === "Escape") search.blur();
    if (target === search || target instanceof HTMLSelectElement) return;
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const moves = new Map([
      ["h", -1],
      ["l", 1],
      ["ArrowLeft", -1],
      ["ArrowRight", 1],
      ["H", -20],
      ["L", 20],
    ]);
    const move = moves.get(event.key);
    if (move !== undefined) step(move);
    else if (event.key === "g") goTo(0);
    else if (event.key === "G") goTo(last);
    else if (event.key === "/") search.focus();
    else return;
    event.preventDefault();
  });

  const search = el("input");
  search.type = "search";
  search.placeholder = "filter by path or operation ( / )";
  search.ariaLabel = "filter the log";
  const run = el("select", "", new Option("all runs", "0"));
  run.ariaLabel = "run";
  for (const one of data.runs)
    run.append(new Option(`run ${one.run}  ${one.command.slice(0, 60)}`, String(one.run)));
  const operation = el("select", "", new Option("all operations", ""));
  operation.ariaLabel = "operation";
  for (const name of [...new Set(data.log.map((row) => row[3]))].sort())
    operation.append(new Option(name, name));
  const count = el("span", "dim");
  const changes = el("div", "changes");
  const authors: Authors = { tell: authorText, goTo };
  const filter = (): void => {
    const found = log.filter(search.value, Number(run.value), operation.value);
    count.textContent = `${found.toLocaleString("en-US")} rows`;
    showChanges(changes, Number(run.value), changesAtOnce, authors);
    log.goTo(at);
  };
  for (const control of [search, run, operation]) control.addEventListener("input", filter);

  const choose = (number: number): void => {
    run.value = String(number);
    filter();
  };
  page.replaceChildren(
    el("h1", "", data.title),
    el(
      "div",
      "facts",
      ...data.facts.map(([name, value]) =>
        el("span", "", el("span", "dim", `${name} `), el("code", "", value)),
      ),
    ),
    ...(data.leftOut.length === 0
      ? []
      : [el("p", "note", `Left out, so that this file stays small: ${data.leftOut.join("; ")}.`)]),
    el("h2", "", "Findings"),
    findingsView(goTo),
    el("h2", "", "Runs"),
    runsView(choose, goTo),
    el("h2", "", "Activity"),
    el(
      "div",
      "timeline",
      activity.element,
      slider,
      el(
        "div",
        "moment",
        now,
        button("◀", () => step(-1)),
        button("▶", () => step(1)),
        el("span", "dim", "h l one event · H L twenty · g G the ends · / filter · Esc"),
      ),
    ),
    el(
      "div",
      "columns",
      el("section", "", el("h2", "", "Tree at that moment"), tree.element),
      el("section", "", el("h2", "", "Changes by run"), changes),
    ),
    el("h2", "", "Log"),
    el("div", "bar", search, run, operation, count),
    log.element,
  );
  filter();
  goTo(at);
}

function findingsView(goTo: (seq: number) => void): HTMLElement {
  if (data.findings.length === 0) return el("p", "dim", "Nothing was found that deserves a look.");
  const rows = data.findings.map(({ level, place, reason, run, seq }) =>
    el(
      "tr",
      "",
      el("td", "nowrap", el("span", `level ${level}`, level)),
      el("td", "text", el("code", "", place), el("span", "dim", " — "), reason),
      el(
        "td",
        "nowrap",
        button(`event ${seq}`, () => goTo(seq), "link"),
        el("span", "dim", ` run ${run}`),
      ),
    ),
  );
  return el("div", "scroll", el("table", "", el("tbody", "", ...rows)));
}

function runsView(choose: (run: number) => void, goTo: (seq: number) => void): HTMLElement {
  const rows = data.runs.map(({ run, command, began, end, isGood, first, last }) =>
    el(
      "tr",
      "",
      el(
        "td",
        "nowrap",
        button(`run ${run}`, () => (choose(run), goTo(last)), "link"),
      ),
      el("td", "text", el("code", "", command)),
      el("td", "nowrap dim", began),
      el("td", isGood ? "nowrap" : "bad", end),
      el("td", "number dim", `${(last - first + 1).toLocaleString("en-US")} events`),
    ),
  );
  return el("div", "scroll", el("table", "", el("tbody", "", ...rows)));
}

function authorText(seq: number): string {
  const found = data.runs.find(({ first, last }) => seq >= first && seq <= last);
  const by =
    found === undefined ? "before what this page shows" : `run ${found.run}: ${found.command}`;
  return `written by event ${seq}, ${by}`;
}

function showChanges(place: HTMLElement, run: number, most: number, authors: Authors): void {
  const wanted = data.changes.filter((change) => run === 0 || change.run === run);
  const shown = wanted
    .slice(0, most)
    .map((change, index) => changeView(change, index < mostOpen, authors));
  const rest = wanted.length - shown.length;
  const more =
    rest > 0
      ? [button(`${rest} more`, () => showChanges(place, run, most + changesAtOnce, authors))]
      : wanted.length === 0
        ? [el("p", "dim", "no changes")]
        : [];
  place.replaceChildren(...shown, ...more);
}
