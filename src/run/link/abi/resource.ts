/** A type of resources. Each is itself alone: two of the same name are two. */
export class Resource {
  /** For messages: "descriptor". */
  readonly name: string;
  /** Whether its objects are the host's; those of a component are numbers. */
  readonly owner: object | "host";
  /** Called with each that nobody holds any more. */
  readonly destroy: (object: unknown) => void;

  constructor(name: string, owner: object | "host", destroy: (object: unknown) => void) {
    this.name = name;
    this.owner = owner;
    this.destroy = destroy;
  }
}
