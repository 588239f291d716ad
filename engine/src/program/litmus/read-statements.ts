/** Statements and expressions of a litmus test's functions. What is not understood is a problem, and reads as nothing. */
import type { ts } from "../../syntax/typescript/parse.ts";
import type { LitmusReader } from "./litmus-reader.ts";
import type {
  LitmusExpression,
  LitmusOperation,
  LitmusOperator,
  LitmusPlace,
  LitmusStatement,
  LitmusWay,
} from "./litmus-source.ts";
import { directionWords, operationWords, wayWords } from "./vocabulary.ts";

export function readBody(reader: LitmusReader, statements: readonly ts.Statement[]): readonly LitmusStatement[] {
  return readBlock(reader, statements, 0);
}

export function readExpression(reader: LitmusReader, node: ts.Expression): LitmusExpression {
  return expressionOf(reader, node, 0);
}

/** Deeper nesting is refused: reading and running are recursive. */
const deepest = 60;

function readBlock(
  reader: LitmusReader,
  statements: readonly ts.Statement[],
  depth: number,
): readonly LitmusStatement[] {
  return reader.block(() => statements.flatMap((statement) => statementOf(reader, statement, depth)));
}

function statementOf(reader: LitmusReader, node: ts.Statement, depth: number): readonly LitmusStatement[] {
  const { parser } = reader;
  if (depth > deepest) {
    reader.problem(node, "This is nested too deeply.");
    return [];
  }
  if (parser.isEmptyStatement(node)) return [];
  if (parser.isBlock(node)) return readBlock(reader, node.statements, depth + 1);
  if (parser.isVariableStatement(node)) return localsOf(reader, node);
  if (parser.isExpressionStatement(node)) return effectOf(reader, node.expression);
  if (parser.isIfStatement(node)) {
    const condition = readExpression(reader, node.expression);
    const then = armOf(reader, node.thenStatement, depth);
    const otherwise = node.elseStatement === undefined ? [] : armOf(reader, node.elseStatement, depth);
    return [{ kind: "if", ...reader.span(node), condition, then, otherwise }];
  }
  if (parser.isWhileStatement(node)) {
    const condition = readExpression(reader, node.expression);
    reader.loops++;
    const body = armOf(reader, node.statement, depth);
    reader.loops--;
    return [{ kind: "while", ...reader.span(node), condition, body }];
  }
  if (parser.isReturnStatement(node)) {
    if (node.expression !== undefined) reader.problem(node.expression, "An agent returns nothing.");
    return [{ kind: "return", ...reader.span(node) }];
  }
  if (parser.isBreakStatement(node) || parser.isContinueStatement(node)) {
    if (node.label !== undefined) reader.problem(node.label, "There are no labels here.");
    if (reader.loops === 0) reader.problem(node, "There is no loop around this.");
    return [{ kind: parser.isBreakStatement(node) ? "break" : "continue", ...reader.span(node) }];
  }
  reader.problem(node, "An agent is made of const and let, assignments, calls, if, while, break, continue and return.");
  return [];
}

function armOf(reader: LitmusReader, node: ts.Statement, depth: number): readonly LitmusStatement[] {
  return readBlock(reader, reader.parser.isBlock(node) ? node.statements : [node], depth + 1);
}

function localsOf(reader: LitmusReader, node: ts.VariableStatement): readonly LitmusStatement[] {
  const { parser } = reader;
  return node.declarationList.declarations.flatMap((declaration): readonly LitmusStatement[] => {
    const { name, initializer } = declaration;
    if (!parser.isIdentifier(name) || initializer === undefined) {
      reader.problem(declaration, "A local variable has one name, and a value to begin with.");
      return [];
    }
    const value = readExpression(reader, initializer);
    if (!reader.declareLocal(name.text)) reader.problem(name, `${name.text} is declared twice.`);
    return [{ kind: "set", ...reader.span(declaration), name: name.text, value }];
  });
}

/** An assignment or a call. */
function effectOf(reader: LitmusReader, node: ts.Expression): readonly LitmusStatement[] {
  const { parser } = reader;
  const { SyntaxKind } = parser;
  if (parser.isCallExpression(node)) {
    const operation = operationOf(reader, node);
    return operation === undefined ? [] : [{ kind: "do", ...reader.span(node), operation }];
  }
  if (parser.isBinaryExpression(node) && node.operatorToken.kind === SyntaxKind.EqualsToken) {
    const value = readExpression(reader, node.right);
    const span = reader.span(node);
    if (parser.isIdentifier(node.left)) {
      const name = node.left.text;
      if (reader.registers.has(name)) reader.owns(name, node.left);
      else if (!reader.isLocal(name)) {
        const hint = reader.locations.has(name) ? `; the bytes of a location are ${name}.value` : "";
        reader.problem(node.left, `${name} is neither a register nor a local variable${hint}.`);
      }
      return [{ kind: "set", ...span, name, value }];
    }
    if (parser.isPropertyAccessExpression(node.left)) {
      const place = accessed(reader, node.left);
      return place === undefined ? [] : [{ kind: "store", ...span, place, value }];
    }
  }
  reader.problem(node, "A statement is an assignment (r = x.value, x.value = 1) or a call.");
  return [];
}

function operationOf(reader: LitmusReader, node: ts.CallExpression): LitmusOperation | undefined {
  const { parser } = reader;
  const called = parser.isIdentifier(node.expression) ? node.expression.text : "";
  const word = operationWords.find(({ name }) => name === called);
  if (word === undefined) {
    reader.problem(node.expression, `${called === "" ? "This" : called} is no operation of a litmus test.`);
    return undefined;
  }
  if (!word.agents.some((agent) => agent === reader.agent)) {
    reader.problem(node, `${word.name}() is for ${word.agents.map((agent) => `${agent}()`).join(" and ")}.`);
  }
  const [first, second, ...more] = node.arguments;
  const wanted = word.takes === "nothing" ? 0 : word.takes === "place" ? 1 : 2;
  if (more.length > 0 || node.arguments.length !== wanted) {
    const takes = { nothing: "nothing", place: "a location", "place and direction": "a location and a direction" };
    reader.problem(node, `${word.name}() takes ${takes[word.takes]}.`);
    return undefined;
  }
  const { name } = word;
  switch (name) {
    case "dma_map":
    case "dma_unmap":
    case "dma_sync_for_device":
    case "dma_sync_for_cpu": {
      const place = first === undefined ? undefined : placeOf(reader, first, true);
      const given = second !== undefined && parser.isIdentifier(second) ? second.text : "";
      const direction = directionWords.find((one) => one.name === given)?.direction;
      if (direction === undefined) {
        reader.problem(second ?? node, `The direction is ${directionWords.map((one) => one.name).join(", ")}.`);
      }
      if (place !== undefined && place.way !== "plain")
        reader.problem(first ?? node, "What is mapped is the memory itself.");
      if (place !== undefined && reader.locations.get(place.location)?.memory === "coherent") {
        reader.problem(first ?? node, "Coherent memory is never mapped for streaming: the device reaches it as it is.");
      }
      return place === undefined || direction === undefined ? undefined : { name, place, direction };
    }
    case "arch_dma_prep_coherent":
    case "flush_dcache_page": {
      const place = first === undefined ? undefined : placeOf(reader, first, false);
      if (place !== undefined && place.way !== "plain") reader.problem(first ?? node, "This takes the memory itself.");
      return place === undefined ? undefined : { name, place };
    }
    default:
      return { name };
  }
}

/** `x`, `noncached(x)`, and of a mapping `part(x)`. */
function placeOf(reader: LitmusReader, node: ts.Expression, mayBePart: boolean): LitmusPlace | undefined {
  const { parser } = reader;
  let way: LitmusWay = "plain";
  let part = false;
  let inner = node;
  if (parser.isCallExpression(node) && parser.isIdentifier(node.expression)) {
    const called = node.expression.text;
    const found = wayWords.find(({ name }) => name === called);
    const [only, ...more] = node.arguments;
    if (only === undefined || more.length > 0 || (found === undefined && called !== "part")) {
      reader.problem(node, `A location is named, or one of ${wayWords.map(({ name }) => `${name}(x)`).join(", ")}.`);
      return undefined;
    }
    if (called === "part" && !mayBePart) reader.problem(node, "part() is for mappings.");
    if (found !== undefined) way = found.way;
    part = called === "part";
    inner = only;
  }
  if (!parser.isIdentifier(inner) || !reader.locations.has(inner.text)) {
    reader.problem(inner, `${parser.isIdentifier(inner) ? inner.text : "This"} is no location.`);
    return undefined;
  }
  return { ...reader.span(node), location: inner.text, way, part };
}

/** `place.value` */
function accessed(reader: LitmusReader, node: ts.PropertyAccessExpression): LitmusPlace | undefined {
  if (node.name.text !== "value") {
    reader.problem(node.name, "A location has its value and nothing else.");
    return undefined;
  }
  const place = placeOf(reader, node.expression, false);
  if (place === undefined) return undefined;
  if (reader.agent === "bad")
    reader.problem(node, "bad() looks at registers: let an agent read the location into one.");
  if (reader.agent === "device" && place.way !== "plain") {
    reader.problem(node, "The device reaches memory by DMA: page protections are the processor's.");
  }
  if (reader.agent === "user" && place.way === "dmacoherent") {
    reader.problem(
      node,
      "pgprot_dmacoherent() is the kernel's own; a user has plain, cached, noncached or writecombine.",
    );
  }
  if (reader.agent === "user" && place.way === "user-mapping") {
    reader.problem(node, "In user() every access goes through the user's mapping: leave user_mapping() out.");
  }
  return place;
}

function expressionOf(reader: LitmusReader, node: ts.Expression, depth: number): LitmusExpression {
  const { parser } = reader;
  const span = reader.span(node);
  const nothing: LitmusExpression = { kind: "number", ...span, value: 0 };
  if (depth > deepest) {
    reader.problem(node, "This is nested too deeply.");
    return nothing;
  }
  if (parser.isParenthesizedExpression(node)) return expressionOf(reader, node.expression, depth + 1);
  if (node.kind === parser.SyntaxKind.TrueKeyword) return { kind: "number", ...span, value: 1 };
  if (node.kind === parser.SyntaxKind.FalseKeyword) return nothing;
  if (parser.isNumericLiteral(node)) {
    const value = reader.constant(node);
    if (value === undefined) reader.problem(node, "Numbers are whole and have 32 bits.");
    return { kind: "number", ...span, value: value ?? 0 };
  }
  if (parser.isIdentifier(node)) {
    const name = node.text;
    if (reader.registers.has(name)) reader.reads(name, node);
    else if (!reader.isLocal(name)) {
      const hint = reader.locations.has(name) ? `; the bytes of a location are ${name}.value` : "";
      reader.problem(node, `${name} is neither a register nor a local variable${hint}.`);
    }
    return { kind: "name", ...span, name };
  }
  if (parser.isPropertyAccessExpression(node)) {
    const place = accessed(reader, node);
    return place === undefined ? nothing : { kind: "load", ...span, place };
  }
  if (parser.isPrefixUnaryExpression(node)) {
    const kind = unaryOf(reader, node.operator);
    if (kind === undefined) reader.problem(node, "Operators here are !, ~ and -.");
    const of = expressionOf(reader, node.operand, depth + 1);
    return kind === undefined ? nothing : { kind, ...span, of };
  }
  if (parser.isBinaryExpression(node)) {
    const operator = operatorOf(parser.tokenToString(node.operatorToken.kind) ?? "");
    if (operator === undefined) reader.problem(node.operatorToken, `Operators here are ${[...operators].join(" ")}.`);
    const left = expressionOf(reader, node.left, depth + 1);
    const right = expressionOf(reader, node.right, depth + 1);
    return operator === undefined ? nothing : { kind: "binary", ...span, operator, left, right };
  }
  if (parser.isCallExpression(node) && parser.isIdentifier(node.expression) && node.expression.text === "faulted") {
    if (reader.agent !== "bad") reader.problem(node, "faulted() is for bad().");
    return { kind: "faulted", ...span };
  }
  reader.problem(node, "An expression is made of numbers, registers, locations' values and operators.");
  return nothing;
}

const operators: ReadonlySet<LitmusOperator> = new Set<LitmusOperator>([
  "+",
  "-",
  "*",
  "&",
  "|",
  "^",
  "<<",
  ">>",
  "===",
  "!==",
  "<",
  "<=",
  ">",
  ">=",
  "&&",
  "||",
]);

function operatorOf(text: string): LitmusOperator | undefined {
  const spelled = text === "==" ? "===" : text === "!=" ? "!==" : text === ">>>" ? ">>" : text;
  for (const operator of operators) if (operator === spelled) return operator;
  return undefined;
}

function unaryOf(reader: LitmusReader, token: ts.PrefixUnaryOperator): "not" | "negative" | "complement" | undefined {
  const { SyntaxKind } = reader.parser;
  if (token === SyntaxKind.ExclamationToken) return "not";
  if (token === SyntaxKind.MinusToken) return "negative";
  return token === SyntaxKind.TildeToken ? "complement" : undefined;
}
