/** A type as written in an interface. */
export type WitType =
  | { readonly kind: "name"; readonly name: string }
  | { readonly kind: "applied"; readonly name: string; readonly parts: readonly WitType[] }
  /** A part that a result does not have: `_`. */
  | { readonly kind: "none" };

export interface WitMember {
  readonly name: string;
  readonly type: WitType | undefined;
}

/** The definition of a type's name. */
export type WitDefinition =
  | { readonly kind: "alias"; readonly type: WitType }
  | { readonly kind: "use"; readonly from: string }
  | { readonly kind: "resource" }
  | {
      readonly kind: "record" | "variant" | "enum" | "flags";
      readonly members: readonly WitMember[];
    };

export interface WitFunction {
  readonly isAsync: boolean;
  readonly parameters: readonly WitType[];
  readonly result: WitType | undefined;
}

/**
 * An interface: its types, and its functions by the names that components have for them: "[method]file.read",
 * "[static]file.make".
 */
export interface WitInterface {
  readonly types: ReadonlyMap<string, WitDefinition>;
  readonly functions: ReadonlyMap<string, WitFunction>;
}

/**
 * Reads interfaces in the text format of WIT, as far as WASI needs it: no packages, worlds and constructors, no
 * versions, names of interfaces in full. Throws SyntaxError.
 */
export function parseWit(text: string): ReadonlyMap<string, WitInterface> {
  const tokens = text.match(/wasi:[\w-]+\/[\w-]+|%?[A-Za-z][\w-]*|->|[{}()<>,:;.=_]/g) ?? [];
  let at = 0;
  const interfaces = new Map<string, WitInterface>();
  while (at < tokens.length) {
    expect("interface");
    const name = next();
    interfaces.set(name, parseInterface());
  }
  return interfaces;

  function parseInterface(): WitInterface {
    const types = new Map<string, WitDefinition>();
    const functions = new Map<string, WitFunction>();
    expect("{");
    while (!take("}")) {
      const word = next();
      switch (word) {
        case "use":
          parseUse(types);
          break;
        case "type": {
          const name = identifier();
          expect("=");
          types.set(name, { kind: "alias", type: parseType() });
          expect(";");
          break;
        }
        case "record":
        case "variant":
        case "enum":
        case "flags":
          types.set(identifier(), { kind: word, members: parseMembers(word) });
          break;
        case "resource":
          parseResource(types, functions);
          break;
        default:
          expect(":");
          functions.set(word, parseFunction([]));
      }
    }
    return { types, functions };
  }

  function parseUse(types: Map<string, WitDefinition>): void {
    const from = next();
    expect(".");
    expect("{");
    while (!take("}")) {
      types.set(identifier(), { kind: "use", from });
      take(",");
    }
    expect(";");
  }

  function parseMembers(kind: "record" | "variant" | "enum" | "flags"): readonly WitMember[] {
    const members: WitMember[] = [];
    expect("{");
    while (!take("}")) {
      const name = identifier();
      let type: WitType | undefined;
      if (kind === "record") {
        expect(":");
        type = parseType();
      } else if (kind === "variant" && take("(")) {
        type = parseType();
        expect(")");
      }
      members.push({ name, type });
      take(",");
    }
    return members;
  }

  function parseResource(
    types: Map<string, WitDefinition>,
    functions: Map<string, WitFunction>,
  ): void {
    const resource = identifier();
    types.set(resource, { kind: "resource" });
    if (take(";")) return;
    const self: WitType = {
      kind: "applied",
      name: "borrow",
      parts: [{ kind: "name", name: resource }],
    };
    expect("{");
    while (!take("}")) {
      const name = identifier();
      expect(":");
      if (take("static")) functions.set(`[static]${resource}.${name}`, parseFunction([]));
      else functions.set(`[method]${resource}.${name}`, parseFunction([self]));
    }
  }

  function parseFunction(first: readonly WitType[]): WitFunction {
    const isAsync = take("async");
    expect("func");
    expect("(");
    const parameters = [...first];
    while (!take(")")) {
      identifier();
      expect(":");
      parameters.push(parseType());
      take(",");
    }
    const result = take("->") ? parseType() : undefined;
    expect(";");
    return { isAsync, parameters, result };
  }

  function parseType(): WitType {
    if (take("_")) return { kind: "none" };
    const name = identifier();
    if (!take("<"))
      return name === "result" ? { kind: "applied", name, parts: [] } : { kind: "name", name };
    const parts: WitType[] = [];
    while (!take(">")) {
      parts.push(parseType());
      take(",");
    }
    return { kind: "applied", name, parts };
  }

  function identifier(): string {
    return next().replace(/^%/, "");
  }

  function next(): string {
    const token = tokens[at];
    if (token === undefined) throw new SyntaxError("the text ends in the middle of an interface");
    at += 1;
    return token;
  }

  function take(token: string): boolean {
    if (tokens[at] !== token) return false;
    at += 1;
    return true;
  }

  function expect(token: string): void {
    const found = next();
    if (found !== token) throw new SyntaxError(`"${found}" where "${token}" should be`);
  }
}
