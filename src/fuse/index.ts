export { ParkedRequests, Postponed } from "./parked.ts";
export { Served } from "./calls/served.ts";
export type { Volume } from "./calls/volume.ts";
export { type Past, PastMount } from "./past/past-mount.ts";
export type { Owner } from "./protocol/attributes.ts";
export { forgetAttributes } from "./protocol/notice.ts";
export { type Parking, type ServeOptions, serve } from "./serve.ts";
export { Touched } from "./touched.ts";
