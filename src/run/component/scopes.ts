// oxlint-disable typescript/switch-exhaustiveness-check -- JavaScript has sixty kinds of nodes.
import type { AnyNode, Pattern } from "acorn";

/** The nodes around a node, the outermost first; valid only while the node is visited. */
export type Above = readonly AnyNode[];

/** Calls `visit` for each node of a program, in the order of the source. */
export function walk(program: AnyNode, visit: (node: AnyNode, above: Above) => void): void {
  const above: AnyNode[] = [];
  const go = (node: AnyNode): void => {
    visit(node, above);
    above.push(node);
    for (const key in node) {
      const value: unknown = Reflect.get(node, key);
      if (Array.isArray(value)) {
        for (const part of value) if (isNode(part)) go(part);
      } else if (isNode(value)) go(value);
    }
    above.pop();
  };
  go(program);
}

/** The names that a program declares, by the nodes in which they are valid. */
export class Scopes {
  readonly #declared = new Map<AnyNode, Set<string>>();

  constructor(program: AnyNode) {
    walk(program, (node, above) => this.#declareIn(node, above));
  }

  /** Tells if the name is one of the program's own at that node. */
  isOwn(name: string, above: Above): boolean {
    for (let at = above.length - 1; at >= 0; at -= 1) {
      const scope = above[at];
      if (scope !== undefined && this.#declared.get(scope)?.has(name) === true) return true;
    }
    return false;
  }

  #declareIn(node: AnyNode, above: Above): void {
    switch (node.type) {
      case "VariableDeclaration": {
        const scope = node.kind === "var" ? functionBody(above) : block(above);
        for (const { id } of node.declarations) this.#declare(scope, id);
        return;
      }
      case "FunctionDeclaration":
      case "ClassDeclaration":
        if (node.id) this.#declare(block(above), node.id);
        if (node.type === "FunctionDeclaration") this.#declareParameters(node, node.params);
        return;
      case "FunctionExpression":
        // A function's own name is valid in itself.
        if (node.id) this.#declare(node, node.id);
        this.#declareParameters(node, node.params);
        return;
      case "ArrowFunctionExpression":
        this.#declareParameters(node, node.params);
        return;
      case "CatchClause":
        if (node.param) this.#declare(node, node.param);
        return;
      default:
    }
  }

  #declareParameters(scope: AnyNode, parameters: readonly Pattern[]): void {
    for (const parameter of parameters) this.#declare(scope, parameter);
  }

  #declare(scope: AnyNode | undefined, pattern: Pattern): void {
    if (scope === undefined) return;
    const names = this.#declared.get(scope) ?? new Set();
    this.#declared.set(scope, names);
    for (const name of namesIn(pattern)) names.add(name);
  }
}

const blocks: ReadonlySet<string> = new Set([
  "Program",
  "BlockStatement",
  "ForStatement",
  "ForInStatement",
  "ForOfStatement",
  "SwitchStatement",
]);

function block(above: Above): AnyNode | undefined {
  return above.findLast(({ type }) => blocks.has(type));
}

/** Returns the block of the innermost function; a parameter's default stands outside of it. */
function functionBody(above: Above): AnyNode | undefined {
  return above[above.findLastIndex(({ type }) => type.includes("Function")) + 1];
}

/** Returns the names that a pattern binds. */
function namesIn(pattern: Pattern): readonly string[] {
  switch (pattern.type) {
    case "Identifier":
      return [pattern.name];
    case "ObjectPattern":
      return pattern.properties.flatMap((property) =>
        namesIn(property.type === "RestElement" ? property.argument : property.value),
      );
    case "ArrayPattern":
      return pattern.elements.flatMap((element) => (element === null ? [] : namesIn(element)));
    case "AssignmentPattern":
      return namesIn(pattern.left);
    case "RestElement":
      return namesIn(pattern.argument);
    case "MemberExpression":
      return [];
  }
}

function isNode(value: unknown): value is AnyNode {
  return (
    typeof value === "object" &&
    value !== null &&
    "type" in value &&
    typeof value.type === "string" &&
    "start" in value
  );
}
