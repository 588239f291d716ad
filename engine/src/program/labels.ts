/** Labels and the scopes around them. */
import type { Statement as SyntaxStatement } from "../syntax/c/ast.ts";
import { type FunctionBuilder, type Label, nestingLimit } from "./function-builder.ts";

/** The label's record, made on the first mention. */
export function labelNamed(builder: FunctionBuilder, name: string, start: number): Label {
  let label = builder.labels.get(name);
  if (label === undefined) {
    label = { block: builder.newBlock(), chain: undefined, start };
    builder.labels.set(name, label);
  }
  return label;
}

export function scopeChain(builder: FunctionBuilder): readonly object[] {
  return builder.scopes.map((scope) => scope.node);
}

/** Finds the labels in a statement with the scopes around them, so that a goto knows which scopes it leaves. */
export function collectLabels(
  builder: FunctionBuilder,
  statement: SyntaxStatement,
  chain: readonly object[],
  depth = 0,
): void {
  if (depth > nestingLimit) return;
  switch (statement.kind) {
    case "label":
      if (!builder.labels.has(statement.name)) {
        builder.labels.set(statement.name, { block: builder.newBlock(), chain, start: statement.start });
      }
      return;
    case "compound":
      for (const inner of statement.body) collectLabels(builder, inner, [...chain, statement], depth + 1);
      return;
    case "if":
      collectLabels(builder, statement.then, chain, depth + 1);
      if (statement.otherwise !== undefined) collectLabels(builder, statement.otherwise, chain, depth + 1);
      return;
    case "while":
    case "do-while":
    case "switch":
      collectLabels(builder, statement.body, chain, depth + 1);
      return;
    case "for":
    case "macro-statement":
      collectLabels(builder, statement.body, [...chain, statement], depth + 1);
      return;
    case "conditional-group":
      for (const arm of statement.arms) {
        for (const inner of arm.body) collectLabels(builder, inner, chain, depth + 1);
      }
      return;
    default:
      return;
  }
}
