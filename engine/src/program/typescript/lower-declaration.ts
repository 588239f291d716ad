/** Variables of a snippet: values, objects and cells that lie in place, arrays. */
import type { Declaration, Expression, InitializerItem, InitializerList, Statement } from "../../syntax/c/ast.ts";
import type { ts } from "../../syntax/typescript/parse.ts";
import type { Span } from "../../text/span.ts";
import { staticType, toValue, withoutWrappers } from "./lower-expression.ts";
import type { Snippet } from "./snippet.ts";
import { declare, type SnippetType, unknownSnippetType } from "./snippet-types.ts";

/** Makes a function of a function that stands in an initialiser, and gives its name; undefined where that cannot be. */
export type FunctionMaker = (
  node: ts.FunctionLikeDeclaration,
  name: string,
  context: SnippetType | undefined,
) => string | undefined;

/** The declaration statements of `const a = 1, b: T = f();`, and the bindings that they make. */
export function toDeclarations(
  snippet: Snippet,
  list: ts.VariableDeclarationList,
  storage: readonly string[] = [],
  makeFunction?: FunctionMaker,
): Statement[] {
  return list.declarations.map((one) => declaration(snippet, one, storage, makeFunction));
}

/** The one declaration; what it cannot be is an unknown statement and a gap. */
export function declaration(
  snippet: Snippet,
  node: ts.VariableDeclaration,
  storage: readonly string[],
  makeFunction: FunctionMaker | undefined,
): Declaration | Extract<Statement, { kind: "unknown" }> {
  const { ts } = snippet;
  const at = snippet.span(node);
  if (!ts.isIdentifier(node.name)) {
    snippet.gap(node, "destructuring");
    return { kind: "unknown", ...at };
  }
  const name = node.name.text;
  const written = snippet.typeOf(node.type);
  const made = initial(snippet, node, written, makeFunction);
  snippet.bind(name, { type: made.type, inPlace: made.inPlace });
  const named = { kind: "name", name, ...snippet.span(node.name) } as const;
  const stored: SnippetType = made.inPlace && made.type.kind === "object" ? { ...made.type, inline: true } : made.type;
  const parts =
    made.type.kind === "unknown" && made.value !== undefined
      ? {
          specifiers: {
            storage,
            qualifiers: [],
            base: { kind: "named", name: "__auto_type" },
            annotations: [],
            start: at.start,
            end: at.start,
          } as const,
          declarator: named,
        }
      : declare(stored, named, at, made.inPlace || made.type.kind === "array" ? "object" : "parameter", storage);
  return {
    kind: "declaration",
    specifiers: parts.specifiers,
    declarators: [
      {
        declarator: parts.declarator,
        ...(made.value === undefined ? {} : { initializer: made.value }),
        annotations: [],
        ...at,
      },
    ],
    ...at,
  };
}

interface Initial {
  readonly type: SnippetType;
  readonly inPlace: boolean;
  readonly value: Expression | undefined;
}

function initial(
  snippet: Snippet,
  node: ts.VariableDeclaration,
  written: SnippetType,
  makeFunction: FunctionMaker | undefined,
): Initial {
  const { ts } = snippet;
  const given = node.initializer;
  if (given === undefined) return { type: written, inPlace: written.kind === "cell", value: undefined };
  const inner = withoutWrappers(snippet, given);
  const at = snippet.span(inner);
  const satisfied = satisfiedType(snippet, given);
  const type = written.kind === "unknown" && satisfied !== undefined ? satisfied : written;
  const cell = cellContent(snippet, inner);
  if (cell !== undefined && (type.kind === "cell" || type.kind === "unknown")) {
    const of = type.kind === "cell" ? type.of : cell.type;
    return { type: { kind: "cell", of }, inPlace: true, value: toValue(snippet, cell.value) };
  }
  if (ts.isObjectLiteralExpression(inner)) {
    if (type.kind !== "object") {
      return { type, inPlace: false, value: snippet.notUnderstood(inner, "an object without a declared type") };
    }
    const name = ts.isIdentifier(node.name) ? node.name.text : "";
    return { type, inPlace: true, value: toInitializer(snippet, inner, type.record, name, makeFunction) };
  }
  if (ts.isNewExpression(inner)) return created(snippet, inner, type, at);
  if (ts.isArrayLiteralExpression(inner)) {
    const items: InitializerItem[] = inner.elements.map((element) => ({
      designators: [],
      value: toValue(snippet, element),
      ...snippet.span(element),
    }));
    const element = type.kind === "pointer" || type.kind === "array" ? type.element : unknownSnippetType;
    const value: InitializerList = { kind: "initializer-list", items, ...at };
    return { type: { kind: "array", element, length: items.length }, inPlace: false, value };
  }
  const found = type.kind === "unknown" ? staticType(snippet, given) : type;
  // Another name for an object or a cell is a pointer to it.
  const plain: SnippetType = found.kind === "object" ? { kind: "object", record: found.record } : found;
  return { type: plain, inPlace: false, value: toValue(snippet, given) };
}

function satisfiedType(snippet: Snippet, node: ts.Expression): SnippetType | undefined {
  const { ts } = snippet;
  return ts.isSatisfiesExpression(node) || ts.isAsExpression(node) ? snippet.typeOf(node.type) : undefined;
}

/** `{ value: x }` or `cell<T>(x)`. */
function cellContent(
  snippet: Snippet,
  node: ts.Expression,
): { readonly value: ts.Expression; readonly type: SnippetType } | undefined {
  const { ts } = snippet;
  if (ts.isObjectLiteralExpression(node)) {
    const only = node.properties.length === 1 ? node.properties[0] : undefined;
    if (only === undefined || !ts.isPropertyAssignment(only) || only.name.getText(snippet.tree) !== "value") {
      return undefined;
    }
    return { value: only.initializer, type: valueType(snippet, only.initializer) };
  }
  if (!ts.isCallExpression(node) || !ts.isIdentifier(node.expression)) return undefined;
  const argument = node.arguments[0];
  if (snippet.realName(node.expression.text) !== "cell" || argument === undefined) return undefined;
  const given = node.typeArguments?.[0];
  return { value: argument, type: given === undefined ? valueType(snippet, argument) : snippet.typeOf(given) };
}

function valueType(snippet: Snippet, node: ts.Expression): SnippetType {
  const { ts } = snippet;
  if (ts.isBigIntLiteral(node)) return { kind: "scalar", name: "unsigned long" };
  if (ts.isNumericLiteral(node)) return { kind: "scalar", name: "int" };
  return staticType(snippet, node);
}

/** `new Uint8Array(64)` is bytes in place; `new Ring()` is a struct in place with the class's initial values. */
function created(snippet: Snippet, node: ts.NewExpression, type: SnippetType, at: Span): Initial {
  const { ts } = snippet;
  const name = ts.isIdentifier(node.expression) ? node.expression.text : "";
  const first = node.arguments?.[0];
  if (name === "Uint8Array" && first !== undefined && ts.isNumericLiteral(first)) {
    const length = Number(first.text);
    if (Number.isSafeInteger(length) && length >= 0) {
      return {
        type: { kind: "array", element: { kind: "scalar", name: "u8" }, length },
        inPlace: false,
        value: undefined,
      };
    }
  }
  const values = snippet.initialValues.get(name);
  if (values !== undefined && (node.arguments?.length ?? 0) === 0) {
    const items: InitializerItem[] = [...values].map(([field, value]) => ({
      designators: [{ kind: "field", name: field, ...snippet.span(value) }],
      value: fieldValue(snippet, value, snippet.fieldOf(name, field)),
      ...snippet.span(value),
    }));
    return {
      type: { kind: "object", record: name },
      inPlace: true,
      value: { kind: "initializer-list", items, ...at },
    };
  }
  return { type, inPlace: false, value: snippet.notUnderstood(node, "an object made by a constructor") };
}

/** An object literal as the initialiser of a struct. Functions in it become functions of their own. */
export function toInitializer(
  snippet: Snippet,
  node: ts.ObjectLiteralExpression,
  record: string,
  owner: string,
  makeFunction: FunctionMaker | undefined,
): InitializerList {
  const { ts } = snippet;
  const items: InitializerItem[] = [];
  for (const property of node.properties) {
    const at = snippet.span(property);
    const named = property.name;
    if (named === undefined || ts.isComputedPropertyName(named)) {
      snippet.gap(property, "a property without a name of its own");
      continue;
    }
    const field = ts.isIdentifier(named) || ts.isStringLiteral(named) ? named.text : named.getText(snippet.tree);
    const type = snippet.fieldOf(record, field);
    const value = propertyValue(snippet, property, type, `${owner}_${field}`, makeFunction);
    if (value === undefined) {
      snippet.gap(property, "a property that is not read");
      continue;
    }
    items.push({ designators: [{ kind: "field", name: field, ...snippet.span(named) }], value, ...at });
  }
  return { kind: "initializer-list", items, ...snippet.span(node) };
}

function propertyValue(
  snippet: Snippet,
  property: ts.ObjectLiteralElementLike,
  type: SnippetType | undefined,
  name: string,
  makeFunction: FunctionMaker | undefined,
): Expression | undefined {
  const { ts } = snippet;
  if (ts.isMethodDeclaration(property)) {
    const made = makeFunction?.(property, name, type);
    return made === undefined ? undefined : { kind: "identifier", name: made, ...snippet.span(property.name) };
  }
  if (ts.isShorthandPropertyAssignment(property)) return toValue(snippet, property.name);
  if (!ts.isPropertyAssignment(property)) return undefined;
  const inner = withoutWrappers(snippet, property.initializer);
  if (ts.isArrowFunction(inner) || ts.isFunctionExpression(inner)) {
    const made = makeFunction?.(inner, name, type);
    return made === undefined ? undefined : { kind: "identifier", name: made, ...snippet.span(inner) };
  }
  if (ts.isObjectLiteralExpression(inner) && type?.kind === "object" && type.inline === true) {
    return toInitializer(snippet, inner, type.record, name, makeFunction);
  }
  return fieldValue(snippet, property.initializer, type);
}

/** The initial value of a field: of a cell its content. */
function fieldValue(snippet: Snippet, node: ts.Expression, type: SnippetType | undefined): Expression {
  if (type?.kind === "cell") {
    const content = cellContent(snippet, withoutWrappers(snippet, node));
    if (content !== undefined) return toValue(snippet, content.value);
  }
  return toValue(snippet, node);
}
