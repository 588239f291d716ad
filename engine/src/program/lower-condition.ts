/** Conditions to branches: `&&`, `||` and `!` become control flow. */
import type { Expression as Syntax } from "../syntax/c/ast.ts";
import type { BlockDraft } from "./block-draft.ts";
import { type FunctionBuilder, nestingLimit } from "./function-builder.ts";
import { transparentMacros, warningConditions, warningConditionsSecond } from "./kernel-macros.ts";
import { lowerEffect } from "./lower-effect.ts";
import { lowerValue } from "./lower-expression.ts";
import { parsedMacro } from "./macro-bodies.ts";

/** Ends the current block with a branch on the truth of the expression. */
export function lowerCondition(
  builder: FunctionBuilder,
  expression: Syntax,
  then: BlockDraft,
  otherwise: BlockDraft,
): void {
  const at = builder.span(expression);
  if (builder.depth > nestingLimit) {
    builder.branch(lowerValue(builder, expression), then, otherwise, at);
    return;
  }
  builder.depth++;
  if (!structured(builder, expression, then, otherwise)) {
    builder.branch(lowerValue(builder, expression), then, otherwise, at);
  }
  builder.depth--;
}

function structured(builder: FunctionBuilder, expression: Syntax, then: BlockDraft, otherwise: BlockDraft): boolean {
  switch (expression.kind) {
    case "unary":
      if (expression.operator !== "!") return false;
      lowerCondition(builder, expression.operand, otherwise, then);
      return true;
    case "binary": {
      if (expression.operator !== "&&" && expression.operator !== "||") return false;
      const right = builder.newBlock();
      if (expression.operator === "&&") lowerCondition(builder, expression.left, right, otherwise);
      else lowerCondition(builder, expression.left, then, right);
      if (!right.referenced) return true;
      builder.placeTarget(right, builder.span(expression.right));
      lowerCondition(builder, expression.right, then, otherwise);
      return true;
    }
    case "comma": {
      const last = expression.items.at(-1);
      if (last === undefined) return false;
      for (const item of expression.items) if (item !== last) lowerEffect(builder, item);
      lowerCondition(builder, last, then, otherwise);
      return true;
    }
    case "identifier": {
      const closure = builder.parameter(expression.name);
      if (closure === undefined) return false;
      builder.inFrame(closure.frame, () => lowerCondition(builder, closure.expression, then, otherwise));
      return true;
    }
    case "call": {
      const { callee } = expression;
      if (callee.kind !== "identifier" || builder.parameter(callee.name) !== undefined) return false;
      const transparent = transparentMacros.has(callee.name) || warningConditions.has(callee.name);
      const position = warningConditionsSecond.has(callee.name) ? 1 : 0;
      const argument = expression.arguments[position];
      if (
        argument !== undefined &&
        (transparent || position === 1) &&
        builder.scope.macroNamed(callee.name) === undefined
      ) {
        lowerCondition(builder, argument, then, otherwise);
        return true;
      }
      const macro = builder.macro(callee.name);
      if (macro?.parameters === undefined) return false;
      const body = parsedMacro(macro);
      if (body.kind !== "expression") return false;
      builder.inMacro(macro, body.text, expression, expression.arguments, () =>
        lowerCondition(builder, body.expression, then, otherwise),
      );
      return true;
    }
    default:
      return false;
  }
}
