import type { Reply } from "../protocol/reply.ts";
import type { Request } from "../protocol/request.ts";
import type { Served } from "./served.ts";

/** Serves one kind of request: fills the answer, or throws FsError or Refusal without having changed anything. */
export type Call = (served: Served, request: Request, reply: Reply) => void;
