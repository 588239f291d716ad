/** Literals and integer arithmetic as C does them. Words are taken as 64 bits wide: readers narrow by the constant's type. */
import type { BinaryOperator } from "./program.ts";
import {
  intType,
  longLongType,
  longType,
  unsignedIntType,
  unsignedLongLongType,
  unsignedLongType,
} from "./scalar-types.ts";
import type { IntegerType, Type } from "./types.ts";

/** Width in bits of an integer type, words, dma_addr_t and phys_addr_t taken as 64. */
export function widthOf(type: IntegerType): number {
  return typeof type.bits === "number" ? type.bits : 64;
}

/** The value as an integer of that type holds it: cut to its width, sign extended. Other types leave it alone. */
export function wrapTo(value: bigint, type: Type): bigint {
  if (type.kind === "pointer") return BigInt.asUintN(64, value);
  if (type.kind !== "integer") return value;
  if (type.bits === 1) return value === 0n ? 0n : 1n;
  return type.signed ? BigInt.asIntN(widthOf(type), value) : BigInt.asUintN(widthOf(type), value);
}

/** The value and type of a number as spelled; undefined for floating point and what is no number. */
export function parseNumber(text: string): { readonly value: bigint; readonly type: IntegerType } | undefined {
  const match = /^(0[xX][0-9a-fA-F]+|0[bB][01]+|[0-9]+)([uUlL]*)$/.exec(text);
  if (match === null) return undefined;
  const digits = match[1] ?? "0";
  const suffix = (match[2] ?? "").toLowerCase();
  const isOctal = /^0[0-7]+$/.test(digits);
  if (!isOctal && /^0[0-9]+$/.test(digits)) return undefined;
  const value = BigInt(isOctal ? `0o${digits.slice(1)}` : digits);
  const decimal = /^[1-9]/.test(digits);
  const unsigned = suffix.includes("u");
  if (suffix.includes("ll")) return { value, type: unsigned ? unsignedLongLongType : longLongType };
  if (suffix.includes("l")) return { value, type: unsigned ? unsignedLongType : longType };
  if (unsigned) return { value, type: value < 1n << 32n ? unsignedIntType : unsignedLongLongType };
  if (value < 1n << 31n) return { value, type: intType };
  if (!decimal && value < 1n << 32n) return { value, type: unsignedIntType };
  return { value, type: value < 1n << 63n ? longLongType : unsignedLongLongType };
}

const escapes: Readonly<Record<string, number>> = {
  n: 10,
  t: 9,
  r: 13,
  a: 7,
  b: 8,
  f: 12,
  v: 11,
  "\\": 92,
  "'": 39,
  '"': 34,
  "?": 63,
};

/** The value of a character literal as spelled; several characters give the first. */
export function parseChar(text: string): bigint {
  const body = text.replace(/^(L|u8|u|U)?'/, "").replace(/'$/, "");
  if (!body.startsWith("\\")) return BigInt(body.codePointAt(0) ?? 0);
  const hex = /^\\x([0-9a-fA-F]{1,8})/.exec(body)?.[1];
  if (hex !== undefined) return BigInt.asIntN(8, BigInt(`0x${hex}`));
  const octal = /^\\([0-7]{1,3})/.exec(body)?.[1];
  if (octal !== undefined) return BigInt.asIntN(8, BigInt(`0o${octal}`));
  return BigInt(escapes[body.charAt(1)] ?? body.charCodeAt(1) | 0);
}

/** Result type of arithmetic on two operands: the usual arithmetic conversions, and pointers win. */
export function arithmeticType(operator: BinaryOperator, left: Type, right: Type): Type {
  switch (operator) {
    case "<":
    case ">":
    case "<=":
    case ">=":
    case "==":
    case "!=":
      return intType;
    case "<<":
    case ">>":
      return promote(left);
    case "+":
    case "-":
      if (left.kind === "pointer") return operator === "-" && right.kind === "pointer" ? longType : left;
      if (right.kind === "pointer") return right;
      break;
    default:
      break;
  }
  if (left.kind !== "integer" || right.kind !== "integer") return left.kind === "integer" ? right : left;
  const a = promote(left);
  const b = promote(right);
  if (a.kind !== "integer" || b.kind !== "integer") return left;
  const wideA = widthOf(a);
  const wideB = widthOf(b);
  if (wideA !== wideB) return wideA > wideB ? a : b;
  return a.signed ? b : a;
}

/** The integer promotions: what is narrower than int becomes int. */
export function promote(type: Type): Type {
  return type.kind === "integer" && typeof type.bits === "number" && type.bits < 32 ? intType : type;
}

/** Integer arithmetic; undefined for a division by zero and shifts that C does not define. */
export function computeBinary(operator: BinaryOperator, a: bigint, b: bigint): bigint | undefined {
  switch (operator) {
    case "*":
      return a * b;
    case "/":
      return b === 0n ? undefined : a / b;
    case "%":
      return b === 0n ? undefined : a % b;
    case "+":
      return a + b;
    case "-":
      return a - b;
    case "<<":
      return b < 0n || b > 64n ? undefined : a << b;
    case ">>":
      return b < 0n || b > 64n ? undefined : a >> b;
    case "<":
      return a < b ? 1n : 0n;
    case ">":
      return a > b ? 1n : 0n;
    case "<=":
      return a <= b ? 1n : 0n;
    case ">=":
      return a >= b ? 1n : 0n;
    case "==":
      return a === b ? 1n : 0n;
    case "!=":
      return a !== b ? 1n : 0n;
    case "&":
      return a & b;
    case "^":
      return a ^ b;
    case "|":
      return a | b;
  }
}
