/** The replacement text of a macro as syntax: parsed once, then expanded by substitution on the tree. */
import type { Expression, Statement } from "../syntax/c/ast.ts";
import { parseCExpression, parseCStatements } from "../syntax/c/parse.ts";
import type { Macro } from "./declarations.ts";

export type MacroBody =
  | { readonly kind: "expression"; readonly expression: Expression; readonly text: string }
  | { readonly kind: "statements"; readonly statements: readonly Statement[]; readonly text: string }
  /** A loop head: the statement that the macro governs takes the place of the hole. */
  | { readonly kind: "loop"; readonly statements: readonly Statement[]; readonly text: string }
  | { readonly kind: "empty" }
  /** Pastes or quotes tokens: must be substituted as text first. */
  | { readonly kind: "pasting" }
  | { readonly kind: "other" };

/** Stands in a loop head for the statement that it governs. */
export const governedName = "__governed_statement__";

const cache = new WeakMap<Macro, MacroBody>();

export function parsedMacro(macro: Macro): MacroBody {
  let body = cache.get(macro);
  if (body === undefined) {
    body = parseBody(macro.body);
    cache.set(macro, body);
  }
  return body;
}

/** Parses replacement text after substitution. */
export function parseBody(text: string): MacroBody {
  if (text === "") return { kind: "empty" };
  if (text.length > 20_000) return { kind: "other" };
  if (/(^|[^#'"])#/.test(text.replace(/"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'/g, ""))) return { kind: "pasting" };
  const expression = parseCExpression(text, 0, text.length);
  if (!holdsUnknown(expression)) return { kind: "expression", expression, text };
  const isHead = /^(for|while)\b[^;]*(;[^;]*;[^;]*)?\)$/.test(text);
  if (!isHead) {
    const terminated = /[;}]$/.test(text) ? text : `${text};`;
    const statements = parseCStatements(terminated, 0, terminated.length);
    if (statements.length > 0 && !holdsUnknown(statements)) return { kind: "statements", statements, text: terminated };
  }
  const looped = `${text} { ${governedName}; }`;
  const statements = parseCStatements(looped, 0, looped.length);
  if (statements.length > 0 && !holdsUnknown(statements)) return { kind: "loop", statements, text: looped };
  return { kind: "other" };
}

/** Whether the parser gave up on a part of the tree. */
function holdsUnknown(tree: unknown, depth = 0): boolean {
  if (typeof tree !== "object" || tree === null || depth > 400) return false;
  if ("kind" in tree && tree.kind === "unknown") return true;
  return Object.values(tree).some((part) => holdsUnknown(part, depth + 1));
}

/** The replacement text with the arguments' text put in, `#` and `##` obeyed: for macros that paste. */
export function pastedText(macro: Macro, args: readonly string[]): string {
  const parameters = macro.parameters ?? [];
  const argumentFor = (name: string): string | undefined => {
    const position = parameters.indexOf(name);
    return position < 0 ? undefined : (args[position] ?? "");
  };
  return macro.body
    .replace(
      /("(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*')|(?<!#)#\s*([A-Za-z_]\w*)|([A-Za-z_]\w*)/g,
      (all: string, literal?: string, quoted?: string, name?: string) => {
        if (literal !== undefined) return literal;
        if (quoted !== undefined) {
          const value = argumentFor(quoted);
          return value === undefined ? all : JSON.stringify(value);
        }
        return (name === undefined ? undefined : argumentFor(name)) ?? all;
      },
    )
    .replace(/\s*##\s*/g, "");
}
