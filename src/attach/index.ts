export { type Attached, type AttachHandlers, attach } from "./attach.ts";
export { Attachment } from "./attachment.ts";
