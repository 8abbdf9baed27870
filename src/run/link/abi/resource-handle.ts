import type { Resource } from "./resource.ts";

/** A component's handle to a resource. */
export class ResourceHandle {
  readonly resource: Resource;
  readonly object: unknown;
  /** The call that it was lent for; undefined if it is owned. */
  readonly borrowedFor: Lending | undefined;
  /** Number of calls that it is lent to at present. */
  lent = 0;

  constructor(resource: Resource, object: unknown, borrowedFor?: Lending) {
    this.resource = resource;
    this.object = object;
    this.borrowedFor = borrowedFor;
  }
}

/** Resources that are lent for the time of a call. */
export class Lending {
  readonly #lenders: ResourceHandle[] = [];
  /** Handles that the callee has been given, and not dropped yet. */
  borrowed = 0;

  lend(handle: ResourceHandle): void {
    handle.lent += 1;
    this.#lenders.push(handle);
  }

  /** Called when the call has returned. */
  end(): void {
    for (const handle of this.#lenders) handle.lent -= 1;
    this.#lenders.length = 0;
  }
}
