/** Arithmetic of litmus tests, and which places their statements touch. */
import type {
  LitmusExpression,
  LitmusOperator,
  LitmusPlace,
  LitmusStatement,
} from "../../program/litmus/litmus-source.ts";

/** Unsigned, 32 bits; comparisons give 1 and 0. */
export function binary(operator: LitmusOperator, left: number, right: number): number {
  switch (operator) {
    case "+":
      return (left + right) >>> 0;
    case "-":
      return (left - right) >>> 0;
    case "*":
      return Math.imul(left, right) >>> 0;
    case "&":
      return (left & right) >>> 0;
    case "|":
      return (left | right) >>> 0;
    case "^":
      return (left ^ right) >>> 0;
    case "<<":
      return right > 31 ? 0 : (left << right) >>> 0;
    case ">>":
      return right > 31 ? 0 : left >>> right;
    case "===":
      return Number(left === right);
    case "!==":
      return Number(left !== right);
    case "<":
      return Number(left < right);
    case "<=":
      return Number(left <= right);
    case ">":
      return Number(left > right);
    case ">=":
      return Number(left >= right);
    case "&&":
      return left === 0 ? 0 : right;
    case "||":
      return left === 0 ? right : left;
  }
}

/** Every place that the statements load from or store to, in the order of the file. */
export function placesOf(statements: readonly LitmusStatement[]): readonly LitmusPlace[] {
  return statements.flatMap((statement): readonly LitmusPlace[] => {
    switch (statement.kind) {
      case "set":
        return placesIn(statement.value);
      case "store":
        return [...placesIn(statement.value), statement.place];
      case "if":
        return [...placesIn(statement.condition), ...placesOf(statement.then), ...placesOf(statement.otherwise)];
      case "while":
        return [...placesIn(statement.condition), ...placesOf(statement.body)];
      case "do":
      case "break":
      case "continue":
      case "return":
        return [];
    }
  });
}

function placesIn(expression: LitmusExpression): readonly LitmusPlace[] {
  switch (expression.kind) {
    case "load":
      return [expression.place];
    case "not":
    case "negative":
    case "complement":
      return placesIn(expression.of);
    case "binary":
      return [...placesIn(expression.left), ...placesIn(expression.right)];
    case "number":
    case "name":
    case "faulted":
      return [];
  }
}
