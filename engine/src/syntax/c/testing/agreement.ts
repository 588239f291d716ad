/**
 * Compares a function as our parser read it with the same function as tree-sitter-c read it: where the calls are, how
 * many arguments each has, and how many nodes of each kind there are. Used by the oracle test and the corpus script.
 */
import type { FunctionDefinition } from "../ast.ts";

/** The part of a tree-sitter TreeCursor that is used here, so that this file needs no tree-sitter. */
export interface OracleCursor {
  readonly nodeType: string;
  readonly nodeIsNamed: boolean;
  readonly nodeIsMissing: boolean;
  readonly startIndex: number;
  readonly endIndex: number;
  gotoFirstChild(): boolean;
  gotoNextSibling(): boolean;
  gotoParent(): boolean;
}

/** What both sides are reduced to. `calls` maps the offset of the opening parenthesis to the number of arguments. */
export interface Shape {
  readonly bodyStart: number;
  readonly bodyEnd: number;
  readonly calls: Map<number, number>;
  readonly counts: Map<string, number>;
}
export interface OracleFunction extends Shape {
  /** No ERROR or MISSING node inside. */
  readonly clean: boolean;
  /** Inside another function_definition. */
  readonly nested: boolean;
  /** Another function_definition inside. */
  readonly holdsFunction: boolean;
  readonly holdsAsm: boolean;
  /** A preprocessor node inside. */
  readonly directive: boolean;
  /** Offsets of `(` of "calls" whose callee is a name in parentheses: `(u16)(x)`. */
  readonly castCalls: Set<number>;
  /** Offsets of `(` of "calls" of `typeof` and the like, which are types. */
  readonly typeofCalls: Set<number>;
}

const add = (counts: Map<string, number>, kind: string): void => {
  counts.set(kind, (counts.get(kind) ?? 0) + 1);
};

/** tree-sitter's node types and the name that both sides count them under. */
const oracleKinds: Readonly<Record<string, string>> = {
  field_expression: "member",
  subscript_expression: "index",
  unary_expression: "unary",
  pointer_expression: "pointer",
  update_expression: "update",
  binary_expression: "binary",
  assignment_expression: "assign",
  conditional_expression: "conditional",
  cast_expression: "cast",
  compound_literal_expression: "compound-literal",
  sizeof_expression: "sizeof",
  alignof_expression: "sizeof",
  if_statement: "if",
  while_statement: "while",
  do_statement: "do-while",
  for_statement: "for",
  switch_statement: "switch",
  case_statement: "case",
  return_statement: "return",
  goto_statement: "goto",
  labeled_statement: "label",
  break_statement: "break",
  continue_statement: "continue",
  declaration: "declaration",
};

/** Every function_definition of a tree, nested ones too. */
export function oracleFunctions(cursor: OracleCursor, text: string): OracleFunction[] {
  const found: OracleFunction[] = [];
  const open: { -readonly [Key in keyof OracleFunction]: OracleFunction[Key] }[] = [];
  const visit = (parent: string): void => {
    const type = cursor.nodeType;
    const isFunction = type === "function_definition";
    if (isFunction) {
      for (const each of open) each.holdsFunction = true;
      open.push({
        nested: open.length > 0,
        holdsFunction: false,
        holdsAsm: false,
        bodyStart: -1,
        bodyEnd: -1,
        calls: new Map(),
        counts: new Map(),
        clean: true,
        directive: false,
        castCalls: new Set(),
        typeofCalls: new Set(),
      });
    }
    const top = open[open.length - 1];
    if (top !== undefined) {
      if (type === "ERROR" || cursor.nodeIsMissing) for (const each of open) each.clean = false;
      if (type.startsWith("preproc_")) top.directive = true;
      if (type === "compound_statement" && parent === "function_definition" && top.bodyStart < 0) {
        top.bodyStart = cursor.startIndex;
        top.bodyEnd = cursor.endIndex;
      }
      const kind = top.bodyStart >= 0 ? oracleKinds[type] : undefined;
      if (kind !== undefined && cursor.nodeIsNamed) add(top.counts, kind);
      if (type === "offsetof_expression" && top.bodyStart >= 0) readCall(cursor, top, text);
      if (type === "gnu_asm_expression") top.holdsAsm = true;
      if (type === "call_expression" && top.bodyStart >= 0) readCall(cursor, top, text);
      // tree-sitter takes the sign of `-1` into the number; in C it is an operator.
      if (type === "number_literal" && top.bodyStart >= 0 && "+-".includes(text.charAt(cursor.startIndex))) {
        add(top.counts, "unary");
      }
    }
    if (cursor.gotoFirstChild()) {
      do visit(type);
      while (cursor.gotoNextSibling());
      cursor.gotoParent();
    }
    if (isFunction) {
      const done = open.pop();
      if (done !== undefined) found.push(done);
    }
  };
  visit("");
  return found;
}

/** A call, so that the compiler knows that the cursor has moved. */
const typeOf = (cursor: OracleCursor): string => cursor.nodeType;

function readCall(cursor: OracleCursor, into: OracleFunction, text: string): void {
  const isOffsetof = typeOf(cursor) === "offsetof_expression";
  if (!cursor.gotoFirstChild()) return;
  const calleeType = cursor.nodeType;
  const callee = text.slice(cursor.startIndex, cursor.endIndex);
  do {
    // `offsetof(type, member)` is a node of its own there and a call here.
    if (isOffsetof && typeOf(cursor) === "(") into.calls.set(cursor.startIndex, 2);
    if (typeOf(cursor) !== "argument_list") continue;
    const at = cursor.startIndex;
    let count = 0;
    if (cursor.gotoFirstChild()) {
      do if (cursor.nodeIsNamed && typeOf(cursor) !== "comment") count++;
      while (cursor.gotoNextSibling());
      cursor.gotoParent();
    }
    into.calls.set(at, count);
    if (calleeType === "parenthesized_expression") into.castCalls.add(at);
    if (callee.includes("typeof")) into.typeofCalls.add(at);
  } while (cursor.gotoNextSibling());
  cursor.gotoParent();
}

/** Our kinds and the name that both sides count them under. */
const ourKinds: Readonly<Record<string, string>> = {
  member: "member",
  index: "index",
  postfix: "update",
  binary: "binary",
  assign: "assign",
  conditional: "conditional",
  cast: "cast",
  "compound-literal": "compound-literal",
  if: "if",
  while: "while",
  "do-while": "do-while",
  for: "for",
  switch: "switch",
  case: "case",
  return: "return",
  goto: "goto",
  label: "label",
  break: "break",
  continue: "continue",
  declaration: "declaration",
};

/** The shape of a function as our parser read it. */
export function ourShape(definition: FunctionDefinition): Shape {
  const calls = new Map<number, number>();
  const counts = new Map<string, number>();
  const visit = (value: unknown): void => {
    if (Array.isArray(value)) {
      for (const item of value as readonly unknown[]) visit(item);
      return;
    }
    if (typeof value !== "object" || value === null) return;
    const node = value as Readonly<Record<string, unknown>>;
    const { kind } = node;
    if (typeof kind === "string") {
      if (kind === "call") calls.set(Number(node["open"]), (node["arguments"] as readonly unknown[]).length);
      // A bit-field's or array's `index` designator is no subscript, and a list of designators is no expression.
      const isDesignator = kind === "index" && !("object" in node);
      // `struct x { .. };` alone is no declaration to tree-sitter.
      const isBare = kind === "declaration" && (node["declarators"] as readonly unknown[]).length === 0;
      const counted =
        kind === "unary" ? unaryKind(node["operator"]) : kind === "sizeof" ? sizeofKind(node) : ourKinds[kind];
      if (counted !== undefined && !isDesignator && !isBare) add(counts, counted);
    }
    for (const key in node) if (key !== "kind") visit(node[key]);
  };
  visit(definition.body.body);
  return { bodyStart: definition.body.start, bodyEnd: definition.body.end, calls, counts };
}

const unaryKind = (operator: unknown): string =>
  operator === "&" || operator === "*" ? "pointer" : operator === "++" || operator === "--" ? "update" : "unary";
const sizeofKind = (node: Readonly<Record<string, unknown>>): string | undefined =>
  node["operator"] === "typeof" ? undefined : "sizeof";

/** One difference: `calls only in ..`, an argument count, or a counter. */
export interface Difference {
  readonly what: string;
  /** Where, for calls; the body's start for counters. */
  readonly at: number;
  /** Ours minus tree-sitter's. */
  readonly by: number;
}

export function differences(ours: Shape, oracle: Shape): Difference[] {
  const found: Difference[] = [];
  if (ours.bodyEnd !== oracle.bodyEnd)
    found.push({ what: "body end", at: ours.bodyEnd, by: ours.bodyEnd - oracle.bodyEnd });
  for (const [at, count] of ours.calls) {
    const other = oracle.calls.get(at);
    if (other === undefined) found.push({ what: "call only ours", at, by: 1 });
    else if (other !== count) found.push({ what: "argument count", at, by: count - other });
  }
  for (const at of oracle.calls.keys()) {
    if (!ours.calls.has(at)) found.push({ what: "call only tree-sitter's", at, by: -1 });
  }
  for (const kind of new Set([...ours.counts.keys(), ...oracle.counts.keys()])) {
    const by = (ours.counts.get(kind) ?? 0) - (oracle.counts.get(kind) ?? 0);
    if (by !== 0) found.push({ what: kind, at: ours.bodyStart, by });
  }
  return found;
}

/**
 * Says for each difference which side is right and why, or "?" and the difference when no class fits.
 *
 * Where tree-sitter is wrong, always without an ERROR node:
 * - `for_each_cpu(cpu) { .. }` becomes a nested function: it has no counterpart, and the outer one lacks its body;
 * - `(u16)(x)` becomes a call of `u16`;
 * - `typeof(x)` becomes a call;
 * - `static DEFINE_MUTEX(x);` becomes the declaration of a variable `x` in parentheses;
 * - `(u16)-1` becomes a subtraction, `(u16)*p` and `for_each_x(a, b)` with `*p = c;` as its body, become multiplications;
 * - `CHECK(x, return -EINVAL)` becomes a subtraction from a variable `return`;
 * - `for_each_x(a, b)` with `(*p)->q = c;` as its body becomes a call of a call;
 * Where neither is: it keeps functions in `#if 0` and below `#undef X` in `#ifdef X`, which we drop, and reads the operands of asm, which we skip.
 */
export function classify(
  text: string,
  ours: Shape | undefined,
  oracle: OracleFunction,
  found: readonly Difference[],
): string[] {
  if (ours === undefined) {
    if (oracle.nested) return ["tree-sitter: macro loop read as a nested function"];
    if (isDisabled(text, oracle.bodyStart)) return ["ours: functions in arms of #if that are no code are dropped"];
    return ["?no counterpart"];
  }
  const body = text.slice(oracle.bodyStart, oracle.bodyEnd);
  const nested = oracle.holdsFunction;
  return found.map(({ what, at, by }) => {
    if (nested) return "tree-sitter: macro loop read as a nested function";
    if (what === "call only tree-sitter's" && oracle.typeofCalls.has(at)) return "tree-sitter: typeof read as a call";
    if (what === "call only tree-sitter's" && oracle.castCalls.has(at)) return "tree-sitter: cast read as a call";
    if (what === "cast" && by > 0 && oracle.castCalls.size >= by) return "tree-sitter: cast read as a call";
    if (/\b(?:static|const)\s+[A-Z]\w*\s*\(/.test(body)) {
      if (what === "declaration" || (what === "call only ours" && /^[A-Z]/.test(calleeBefore(text, at)))) {
        return "tree-sitter: a macro after `static` read as a declarator";
      }
    }
    if (/\btypedef\b/.test(body) && what === "declaration") return "tree-sitter: a typedef is no declaration";
    if (/^\s*\w+\([^;]*\)\s*=\s*\{/m.test(body) && ["declaration", "assign", "call only ours"].includes(what)) {
      return "tree-sitter: `DECLARE_MASK(x) = {}` read as a declarator";
    }
    if (what === "call only ours" && /^\{\s*\w+\(\w+\([^;]*\)\);\s*\}$/.test(body)) {
      return "tree-sitter: `f(g(x, struct y, z));` alone in a body read as a declaration";
    }
    if (oracle.holdsAsm) return "ours: operands of asm are skipped";
    if (/[,(]\s*return -/.test(body) && (what === "binary" || what === "unary" || what === "return")) {
      return "tree-sitter: `return -X` as an argument read as a subtraction";
    }
    if (/\(\w+\)\s*[-*&+]/.test(body) && ["binary", "pointer", "unary", "cast"].includes(what)) {
      return "tree-sitter: `(u16)*p` or `(u16)-1` read as an operation on u16";
    }
    if (/(?:for_each|scoped_)\w*\s*\([^;{}]*\)\s*\*/.test(body) && (what === "binary" || what === "pointer")) {
      return "tree-sitter: `for_each(..) *p = x;` read as a multiplication";
    }
    if (what === "call only tree-sitter's" && /\)\s*$/.test(text.slice(Math.max(0, at - 20), at))) {
      return "tree-sitter: `for_each(..) (*p)->x;` read as a call";
    }
    return `?${what} ${by > 0 ? "more" : "fewer"} ours`;
  });
}

/** The name before the parenthesis at `at`. */
function calleeBefore(text: string, at: number): string {
  return /(\w*)\s*$/.exec(text.slice(Math.max(0, at - 60), at))?.[1] ?? "";
}

/** Is the offset inside `#if 0`, or an arm that a plain `#define` or `#undef` above rules out? Told from the lines, not by our lexer. */
function isDisabled(text: string, at: number): boolean {
  // Of each open group the arm at hand: whether it is ruled out, and whether one before it is certainly there.
  const open: { isOut: boolean; isSettled: boolean }[] = [];
  const defined = new Map<string, string | undefined>();
  const lines = /^[ \t]*#[ \t]*(if|ifdef|ifndef|elif|else|endif|define|undef)\b[ \t]*(.*)$/gm;
  for (const [, kind = "", rest = ""] of text.slice(0, at).matchAll(lines)) {
    const [, name = "", value = ""] = /^(\w*)[ \t]*(\w*)[ \t]*(?:\/[*/].*)?$/.exec(rest) ?? [];
    const group = open[open.length - 1];
    if (kind === "define") {
      if (!open.some(({ isOut }) => isOut)) defined.set(name, value);
    } else if (kind === "undef") {
      if (!open.some(({ isOut }) => isOut)) defined.set(name, undefined);
    } else if (kind === "endif") open.pop();
    else if (kind === "else" || kind === "elif") {
      if (group !== undefined) group.isOut = group.isSettled;
    } else {
      let holds: boolean | undefined;
      if (kind === "if" && /^\d+$/.test(name)) holds = name !== "0";
      else if (defined.has(name)) {
        const known = defined.get(name);
        holds = kind === "if" ? known !== undefined && known !== "0" : (known !== undefined) === (kind === "ifdef");
      }
      open.push({ isOut: holds === false, isSettled: holds === true });
    }
  }
  return open.some(({ isOut }) => isOut);
}
