export type { Owner } from "./protocol/attributes.ts";
export { type ServeOptions, serve } from "./serve.ts";
