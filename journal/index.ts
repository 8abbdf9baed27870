export * from "./event.ts";
export * from "./journal.ts";
