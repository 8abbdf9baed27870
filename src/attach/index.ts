export { type Attached, type AttachHandlers, attach, putBack } from "./attach.ts";
export { Attachment } from "./attachment.ts";
export { makeLiveFolder } from "./place.ts";
export type { PutBack, PutBackResult } from "./put-back.ts";
