// oxlint-disable typescript/switch-exhaustiveness-check -- JavaScript has sixty kinds of nodes.
import { type AnyNode, type Identifier, type MemberExpression, type Program, parse } from "acorn";

import { boundedFunctions, handleCounter } from "./handles.ts";
import { isPlainName } from "./names.ts";
import { type Above, Scopes, walk } from "./scopes.ts";

/** Reports glue that does not have the known shape. */
export class ShapeError extends Error {
  override readonly name = "ShapeError";
}

/**
 * Throws ShapeError unless this is glue as jco writes it: it can reach nothing of the host's but what it is given,
 * whatever names its component holds. Takes some hundred milliseconds per megabyte.
 *
 * jco's own code comes first, is the same for all components, and is checked for few things; the code written for the
 * component follows, may do little, and has no object key computed from text.
 */
export function checkGlue(source: string): void {
  const program = parsed(source);
  const { start } = generatedPart(program);
  const scopes = new Scopes(program);
  const counters = countersOf(program, start);
  walk(program, (node, above) => {
    checkNode(node, above, source);
    if (node.type === "Identifier") checkName(node, above, scopes, start);
    if (node.start >= start) checkGenerated(node, above, counters);
  });
}

function parsed(source: string): Program {
  try {
    return parse(source, { ecmaVersion: "latest", sourceType: "module" });
  } catch (error) {
    throw new ShapeError(`it is no JavaScript: ${error instanceof Error ? error.message : ""}`);
  }
}

/** Returns the first node that jco wrote for this component: `const module0 = getCoreModule(…)`. */
function generatedPart({ body }: Program): AnyNode {
  const [directive, main, empty, rest, ...more] = body;
  const declared = main?.type === "ExportNamedDeclaration" ? main.declaration : undefined;
  if (
    directive?.type !== "ExpressionStatement" ||
    directive.directive !== "use components" ||
    declared?.type !== "FunctionDeclaration" ||
    declared.id.name !== "instantiate" ||
    empty?.type !== "EmptyStatement" ||
    rest?.type !== "ExportNamedDeclaration" ||
    rest.declaration?.type !== "VariableDeclaration" ||
    more.length > 0
  )
    throw new ShapeError("it is not made of the known parts");
  const first = declared.body.body.find(
    (node) =>
      node.type === "VariableDeclaration" &&
      node.declarations.some(
        ({ init }) =>
          init?.type === "CallExpression" &&
          init.callee.type === "Identifier" &&
          init.callee.name === "getCoreModule",
      ),
  );
  if (first === undefined) throw new ShapeError("it asks for no core module");
  return first;
}

const kinds: ReadonlySet<string> = new Set(
  `ArrayExpression ArrayPattern ArrowFunctionExpression AssignmentExpression AssignmentPattern AwaitExpression
   BinaryExpression BlockStatement BreakStatement CallExpression CatchClause ChainExpression ClassBody
   ClassDeclaration ConditionalExpression ContinueStatement DoWhileStatement EmptyStatement ExportNamedDeclaration
   ExpressionStatement ForOfStatement ForStatement FunctionDeclaration FunctionExpression Identifier IfStatement
   LabeledStatement Literal LogicalExpression MemberExpression MetaProperty MethodDefinition NewExpression
   ObjectExpression ObjectPattern PrivateIdentifier Program Property PropertyDefinition RestElement ReturnStatement
   SequenceExpression SpreadElement Super SwitchCase SwitchStatement TemplateElement TemplateLiteral ThisExpression
   ThrowStatement TryStatement UnaryExpression UpdateExpression VariableDeclaration VariableDeclarator WhileStatement`.split(
    /\s+/,
  ),
);

/** Checks a rule that holds for all of the glue. */
function checkNode(node: AnyNode, above: Above, source: string): void {
  if (!kinds.has(node.type)) throw new ShapeError(`it holds ${where("the unknown", node)}`);
  if (node.type === "MetaProperty" && node.meta.name !== "new")
    throw new ShapeError(`it holds ${where("an unknown", node)}`);
  const key = keyOf(node);
  const isConstructor = node.type === "MethodDefinition" && node.kind === "constructor";
  if (key !== undefined && isHidden(key) && !isConstructor)
    throw new ShapeError(`it asks for ${key} at ${node.start}`);
  if (node.type === "Literal" && typeof node.value === "string" && isHidden(node.value))
    throw new ShapeError(`it holds "${node.value}" at ${node.start}`);
  if (node.type === "FunctionDeclaration") {
    const bounded = boundedFunctions.get(node.id?.name ?? "");
    if (bounded !== undefined && !isSameCode(source.slice(node.start, node.end), bounded))
      throw new ShapeError(`its handle tables have no limit at ${node.start}`);
  }
  if (node.type === "Identifier" && node.name === handleCounter.name) {
    const isCounted = above.some(
      (outer) =>
        (outer.type === "FunctionDeclaration" && outer.id?.name === "spendHandle") ||
        (outer.type === "VariableDeclaration" &&
          isSameCode(source.slice(outer.start, outer.end), handleCounter.declared)),
    );
    if (!isCounted)
      throw new ShapeError(`it changes the limit of its handle tables at ${node.start}`);
  }
}

/** Keys that lead to an object's prototype, or to the function that made it. */
const hidden = /^(?:constructor|__proto__|__(?:define|lookup)[GS]etter__)$/;

function isHidden(key: string): boolean {
  return hidden.test(key);
}

function keyOf(node: AnyNode): string | undefined {
  if (node.type === "MemberExpression")
    return node.computed ? textOf(node.property) : nameOf(node.property);
  if (
    node.type === "Property" ||
    node.type === "MethodDefinition" ||
    node.type === "PropertyDefinition"
  )
    return node.computed ? textOf(node.key) : (nameOf(node.key) ?? textOf(node.key));
  return undefined;
}

function nameOf(node: AnyNode): string | undefined {
  return node.type === "Identifier" ? node.name : undefined;
}

function textOf(node: AnyNode): string | undefined {
  return node.type === "Literal" ? String(node.value) : undefined;
}

/** Functions and classes of the language that reach nothing of the host's. */
const plain: ReadonlySet<string> = new Set(
  `undefined NaN Infinity Error TypeError RangeError Boolean Number BigInt String Array Map Set WeakMap Promise DataView
   ArrayBuffer Int8Array Uint8Array Int16Array Uint16Array Int32Array Uint32Array BigInt64Array BigUint64Array
   Float32Array Float64Array TextDecoder TextEncoder FinalizationRegistry`.split(/\s+/),
);
/** Members that the code written for a component may use, of objects that have others, too. */
const members: ReadonlyMap<string, ReadonlySet<string>> = new Map([
  ["Object", new Set(["assign", "create", "defineProperty"])],
  [
    "WebAssembly",
    new Set(["Global", "Instance", "RuntimeError", "SuspendError", "Suspending", "promising"]),
  ],
  ["console", new Set(["debug", "error", "warn"])],
  ["JSON", new Set(["stringify"])],
  ["Math", new Set(["max", "min", "random", "fround", "trunc", "floor", "ceil", "pow"])],
  ["Symbol", new Set(["for", "dispose", "asyncDispose", "iterator", "asyncIterator"])],
  ["Array", new Set(["isArray", "from"])],
  ["BigInt", new Set(["asUintN", "asIntN"])],
  ["Number", new Set(["isInteger", "isSafeInteger", "isNaN", "MAX_SAFE_INTEGER"])],
  ["Promise", new Set(["withResolvers", "resolve", "reject", "all", "race"])],
  ["String", new Set(["fromCodePoint", "fromCharCode"])],
]);
/** Members that jco's own code may use, besides. */
const ofJco: ReadonlySet<string> = new Set(
  "arguments setTimeout clearTimeout setInterval clearInterval queueMicrotask".split(" "),
);
const environment = /^(?:process|env|JCO_DEBUG|WebAssembly|Global)$/;

/** Checks that each name is one of the glue's own, or one that reaches nothing. */
function checkName(node: Identifier, above: Above, scopes: Scopes, start: number): void {
  const parent = above.at(-1);
  if (parent === undefined || !isReference(node, parent) || scopes.isOwn(node.name, above)) return;
  const isOfJco = node.start < start;
  if (parent.type === "MemberExpression" && parent.object === node && !parent.computed) {
    const member = nameOf(parent.property) ?? "";
    if (isOfJco && isUsedByJco(node.name)) return;
    if (members.get(node.name)?.has(member) === true) return;
    if (isOfJco && node.name === "globalThis" && environment.test(member)) return;
  } else if (isOfJco ? isUsedByJco(node.name) : isUsedPlainly(node, parent)) return;
  throw new ShapeError(`it asks for ${node.name} at ${node.start}`);
}

/** Allows a few names that jco's code has by mistake, and that mean nothing anywhere. */
function isUsedByJco(name: string): boolean {
  return plain.has(name) || members.has(name) || ofJco.has(name) || !(name in globalThis);
}

/** Tells if a name of the language is called or compared with, and not kept. */
function isUsedPlainly(node: Identifier, parent: AnyNode): boolean {
  if (!plain.has(node.name)) return false;
  if (["undefined", "NaN", "Infinity"].includes(node.name)) return true;
  switch (parent.type) {
    case "NewExpression":
    case "CallExpression":
      return parent.callee === node;
    case "BinaryExpression":
      return parent.operator === "instanceof" && parent.right === node;
    case "Property":
      // The kind of array that a list is copied into.
      return parent.value === node && node.name.endsWith("Array");
    default:
      return false;
  }
}

function isReference(node: Identifier, parent: AnyNode): boolean {
  switch (parent.type) {
    case "MemberExpression":
      return parent.computed || parent.object === node;
    case "Property":
    case "MethodDefinition":
    case "PropertyDefinition":
      return parent.computed || parent.value === node;
    case "LabeledStatement":
    case "BreakStatement":
    case "ContinueStatement":
      return parent.type === "LabeledStatement" ? parent.label !== node : false;
    case "MetaProperty":
      return false;
    default:
      return true;
  }
}

const symbols: ReadonlySet<string> = new Set(
  "symbolRscHandle symbolRscRep symbolDispose symbolCabiLower symbolCabiDispose".split(" "),
);
const statements: ReadonlySet<string> = new Set([
  "AssignmentExpression",
  "CallExpression",
  "ChainExpression",
  "UpdateExpression",
  "AwaitExpression",
]);

/** Checks the rules for the code that was written for this component. */
function checkGenerated(node: AnyNode, above: Above, counters: ReadonlySet<string>): void {
  const refuse = (what: string): never => {
    throw new ShapeError(`it holds ${where(what, node)}`);
  };
  switch (node.type) {
    case "MemberExpression":
      if (node.computed && !isKnownKey(node, counters)) refuse("a computed key,");
      if (isCoreExport(node) && !isHandedOn(node, above.at(-1))) refuse("a core export within");
      return;
    case "Property":
      if (node.computed || !isPlainKey(nameOf(node.key) ?? textOf(node.key) ?? "()"))
        refuse("an unknown key,");
      return;
    case "ExpressionStatement":
      if (!statements.has(node.expression.type)) refuse("a statement without effect,");
      return;
    case "SequenceExpression":
      if (!node.expressions.every(({ type }) => type === "AssignmentExpression"))
        refuse("an unknown sequence,");
      return;
    case "Identifier": {
      if (symbols.has(node.name) && isBound(node, above)) refuse("another meaning of a symbol,");
      return;
    }
    default:
  }
}

/** Tells if a key is harmless. Between components jco has names of its own, such as "utf8-to-utf8 (mem0 => mem1)". */
function isPlainKey(key: string): boolean {
  return isPlainName(key.replace(/ \(mem\d+ => mem\d+\)$/, ""));
}

/** Tells if a key is a number, a symbol of jco's, or a plain text. */
function isKnownKey({ property }: MemberExpression, counters: ReadonlySet<string>): boolean {
  if (property.type === "Literal")
    return typeof property.value === "number" || isPlainName(String(property.value));
  if (property.type === "Identifier")
    return symbols.has(property.name) || counters.has(property.name);
  return isNumber(property);
}

const arithmetic: ReadonlySet<string> = new Set(["<<", ">>", ">>>", "&", "|", "^", "-", "*"]);

function isNumber(node: AnyNode): boolean {
  if (node.type === "Literal") return typeof node.value === "number";
  if (node.type !== "BinaryExpression") return false;
  return (
    arithmetic.has(node.operator) ||
    (node.operator === "+" && isNumber(node.left) && isNumber(node.right))
  );
}

/** Returns the names that only ever stand for a number that is counted up from another. */
function countersOf(program: AnyNode, start: number): ReadonlySet<string> {
  const counted = new Set<string>();
  const other = new Set<string>();
  walk(program, (node, above) => {
    if (node.type !== "Identifier" || node.start < start) return;
    const parent = above.at(-1);
    if (
      parent?.type === "VariableDeclarator" &&
      parent.id === node &&
      parent.init &&
      isNumber(parent.init)
    )
      counted.add(node.name);
    else if (isBound(node, above)) other.add(node.name);
  });
  return new Set([...counted].filter((name) => !other.has(name)));
}

/** Tells if a name gets a value here. */
function isBound(node: Identifier, above: Above): boolean {
  const parent = above.at(-1);
  switch (parent?.type) {
    case "VariableDeclarator":
    case "FunctionDeclaration":
    case "ClassDeclaration":
      return (
        parent.id === node ||
        (parent.type === "FunctionDeclaration" && parent.params.includes(node))
      );
    case "FunctionExpression":
    case "ArrowFunctionExpression":
      return (
        parent.params.includes(node) || (parent.type === "FunctionExpression" && parent.id === node)
      );
    case "AssignmentExpression":
    case "AssignmentPattern":
    case "ForOfStatement":
      return parent.left === node;
    case "CatchClause":
    case "RestElement":
    case "ArrayPattern":
      return true;
    case "Property":
      return parent.value === node && above.at(-2)?.type === "ObjectPattern";
    default:
      return false;
  }
}

const coreExports = /^exports\d+$/;

function isCoreExport({ object }: MemberExpression): boolean {
  return object.type === "Identifier" && coreExports.test(object.name);
}

/** Tells if an export of a core module is used unchanged: kept under a name, or given to another module. */
function isHandedOn(node: MemberExpression, parent: AnyNode | undefined): boolean {
  switch (parent?.type) {
    case "AssignmentExpression":
      return parent.right === node && parent.operator === "=";
    case "CallExpression":
      return true;
    case "Property":
      return parent.value === node;
    case "MemberExpression":
      return !parent.computed && nameOf(parent.property) === "buffer";
    default:
      return false;
  }
}

function isSameCode(one: string, other: string): boolean {
  const words = (code: string): string => code.replaceAll(/\s+/g, " ").trim();
  return words(one) === words(other);
}

function where(what: string, { type, start }: AnyNode): string {
  return `${what} ${type} at ${start}`;
}
