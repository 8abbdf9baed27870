export { EventsOfPage } from "./events-of-page.ts";
export { gather, type ReportOptions } from "./gather.ts";
export { pageOf } from "./html.ts";
