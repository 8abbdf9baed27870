export { type Attached, type AttachHandlers, attach, putBack } from "./attach.ts";
export { Attachment } from "./attachment.ts";
export type { PutBack, PutBackResult } from "./put-back.ts";
