/** Integer constant expressions over syntax: array bounds, enumerators, bit widths. */
import type { Expression } from "../syntax/c/ast.ts";
import { computeBinary, parseChar, parseNumber, widthOf } from "./constants.ts";
import type { Macro } from "./declarations.ts";
import { parsedMacro } from "./macro-bodies.ts";
import { resolveTypeName, type TypeContext } from "./type-resolver.ts";

export interface ConstantNames {
  identifier(name: string): bigint | undefined;
  macro(name: string): Macro | undefined;
  readonly types: TypeContext;
}

/** The value, or undefined where it is not constant or uses a name that is not known. */
export function evaluateConstant(expression: Expression, names: ConstantNames): bigint | undefined {
  return evaluate(expression, names, new Map(), 0);
}

type Arguments = ReadonlyMap<string, bigint | undefined>;

function evaluate(
  expression: Expression,
  names: ConstantNames,
  parameters: Arguments,
  depth: number,
): bigint | undefined {
  if (depth > 200) return undefined;
  const inner = (operand: Expression): bigint | undefined => evaluate(operand, names, parameters, depth + 1);
  switch (expression.kind) {
    case "number":
      return parseNumber(expression.text)?.value;
    case "char":
      return parseChar(expression.text);
    case "identifier":
      return parameters.has(expression.name) ? parameters.get(expression.name) : names.identifier(expression.name);
    case "unary": {
      const value = inner(expression.operand);
      if (value === undefined) return undefined;
      switch (expression.operator) {
        case "+":
          return value;
        case "-":
          return -value;
        case "~":
          return ~value;
        case "!":
          return value === 0n ? 1n : 0n;
        default:
          return undefined;
      }
    }
    case "binary": {
      const left = inner(expression.left);
      const right = inner(expression.right);
      if (left === undefined || right === undefined) return undefined;
      if (expression.operator === "&&") return left !== 0n && right !== 0n ? 1n : 0n;
      if (expression.operator === "||") return left !== 0n || right !== 0n ? 1n : 0n;
      return computeBinary(expression.operator, left, right);
    }
    case "conditional": {
      const test = inner(expression.test);
      if (test === undefined) return undefined;
      if (test === 0n) return inner(expression.otherwise);
      return expression.then === undefined ? test : inner(expression.then);
    }
    case "cast":
      return inner(expression.operand);
    case "sizeof": {
      if (expression.operator !== "sizeof" || expression.operand.kind !== "type-name") return undefined;
      const type = resolveTypeName(expression.operand, names.types);
      return type.kind === "integer" && typeof type.bits === "number"
        ? BigInt(Math.max(8, widthOf(type)) / 8)
        : undefined;
    }
    case "call": {
      if (expression.callee.kind !== "identifier") return undefined;
      const values = expression.arguments.map(inner);
      const known = knownFunction(expression.callee.name, values);
      if (known !== undefined) return known;
      const macro = names.macro(expression.callee.name);
      if (macro?.parameters === undefined) return undefined;
      const parsed = parsedMacro(macro);
      if (parsed.kind !== "expression") return undefined;
      const bound = new Map(macro.parameters.map((parameter, i) => [parameter, values[i]]));
      return evaluate(parsed.expression, names, bound, depth + 20);
    }
    default:
      return undefined;
  }
}

/** include/vdso/bits.h, include/linux/bits.h, include/linux/minmax.h, include/linux/math.h. */
export function knownFunction(name: string, values: readonly (bigint | undefined)[]): bigint | undefined {
  const [a, b] = values;
  if (a === undefined) return undefined;
  switch (name) {
    case "BIT":
    case "BIT_ULL":
    case "_BITUL":
    case "_BITULL":
      return a >= 0n && a < 64n ? 1n << a : undefined;
    // include/linux/dma-mapping.h
    case "DMA_BIT_MASK":
      return a >= 1n && a <= 64n ? (1n << a) - 1n : undefined;
    case "UL":
    case "ULL":
    case "_AC":
      return a;
    default:
      break;
  }
  if (b === undefined) return undefined;
  switch (name) {
    case "GENMASK":
    case "GENMASK_ULL":
      return a >= b && b >= 0n && a < 64n ? ((1n << (a - b + 1n)) - 1n) << b : undefined;
    case "min":
      return a < b ? a : b;
    case "max":
      return a > b ? a : b;
    case "DIV_ROUND_UP":
      return b > 0n && a >= 0n ? (a + b - 1n) / b : undefined;
    case "ALIGN":
    case "roundup":
    case "round_up":
      return b > 0n && a >= 0n ? ((a + b - 1n) / b) * b : undefined;
    default:
      return undefined;
  }
}
