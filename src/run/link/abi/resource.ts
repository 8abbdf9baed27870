/** A type of resources, distinct from every other type, even of the same name. */
export class Resource {
  /** Name for messages: "descriptor". */
  readonly name: string;
  /** "host" if its objects are the host's; a component's are numbers. */
  readonly owner: object | "host";
  /** Called with each object that nobody holds any more. */
  readonly destroy: (object: unknown) => void;

  constructor(name: string, owner: object | "host", destroy: (object: unknown) => void) {
    this.name = name;
    this.owner = owner;
    this.destroy = destroy;
  }
}
