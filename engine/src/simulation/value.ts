/**
 * Values of the interpreter: bits, and where they came from when the driver's text alone does not determine them.
 *
 * A value that the unit's code does not fix (a field of an object that a core made, the result of an unknown call, a macro of
 * an unseen header) is an *input*. What is computed from inputs carries an origin, so that a branch that depends on one can be
 * steered by choosing the input instead of by pretending.
 */
import type { BinaryOperator } from "../program/program.ts";
import type { Type } from "../program/types.ts";

export interface Value {
  /** Two's complement, already wrapped to the width of its type where that is known; pointers are virtual addresses. */
  readonly bits: bigint;
  readonly origin?: Origin;
}

export type Origin =
  | {
      readonly kind: "input";
      readonly name: string;
      /** Where the value was read from, so that a pointer that is found out later can be written back. */
      readonly cell?: bigint;
      /** The pointee is not known yet: an untyped cell that a typed use may still resolve. */
      readonly untyped?: boolean;
    }
  | {
      readonly kind: "computed";
      readonly operands: readonly (Origin | bigint)[];
      readonly apply: (operands: readonly bigint[]) => bigint;
      readonly depth: number;
    };

export const zeroValue: Value = { bits: 0n };

export function known(bits: bigint): Value {
  return { bits };
}

/** Origins deeper than this are cut to an opaque leaf: still steerable by force, no longer solvable. */
const deepest = 48;

/** A value computed from others; it has an origin when one of them has. */
export function computed(
  bits: bigint,
  operands: readonly Value[],
  apply: (operands: readonly bigint[]) => bigint,
): Value {
  let depth = 0;
  let tainted = false;
  for (const operand of operands) {
    if (operand.origin === undefined) continue;
    tainted = true;
    depth = Math.max(depth, operand.origin.kind === "computed" ? operand.origin.depth : 0);
  }
  if (!tainted) return { bits };
  if (depth >= deepest) return { bits, origin: { kind: "input", name: "(a long computation)" } };
  return {
    bits,
    origin: {
      kind: "computed",
      operands: operands.map((operand) => operand.origin ?? operand.bits),
      apply,
      depth: depth + 1,
    },
  };
}

/** The input that says whether a call of the kernel fails at its place: 1 when it does. */
export function failureName(call: string, owner: string, statement: number): string {
  return `whether ${call} fails at statement ${String(statement)} of ${owner}()`;
}

export function isFailure(input: string): boolean {
  return input.startsWith("whether ");
}

/** Names of the inputs that an origin depends on, in order of appearance, at most `limit`. */
export function inputsOf(origin: Origin, limit = 8): readonly string[] {
  const names: string[] = [];
  const work: Origin[] = [origin];
  for (let steps = 0; steps < 400; steps++) {
    const next = work.pop();
    if (next === undefined || names.length >= limit) break;
    if (next.kind === "input") {
      if (!names.includes(next.name)) names.push(next.name);
    } else {
      for (const operand of next.operands) if (typeof operand !== "bigint") work.push(operand);
    }
  }
  return names;
}

/** Constants that occur in an origin: candidates for solving a comparison. */
export function constantsOf(origin: Origin, limit = 12): readonly bigint[] {
  const found: bigint[] = [];
  const work: Origin[] = [origin];
  for (let steps = 0; steps < 400; steps++) {
    const next = work.pop();
    if (next === undefined || found.length >= limit) break;
    if (next.kind === "input") continue;
    for (const operand of next.operands) {
      if (typeof operand === "bigint") {
        if (!found.includes(operand)) found.push(operand);
      } else work.push(operand);
    }
  }
  return found;
}

/** What an origin would be under other inputs; `undefined` leaves stand for "as it was" and make the result undefined. */
export function evaluate(origin: Origin, inputs: (name: string) => bigint | undefined): bigint | undefined {
  if (origin.kind === "input") return inputs(origin.name);
  const operands: bigint[] = [];
  for (const operand of origin.operands) {
    const bits = typeof operand === "bigint" ? operand : evaluate(operand, inputs);
    if (bits === undefined) return undefined;
    operands.push(bits);
  }
  return origin.apply(operands);
}

/** Wraps bits to a width; signed results are negative numbers. */
export function wrap(bits: bigint, width: number, signed: boolean): bigint {
  return signed ? BigInt.asIntN(width, bits) : BigInt.asUintN(width, bits);
}

/** Width in bits and signedness of a scalar type; pointers are unsigned words; undefined where it is not a known scalar. */
export function scalarOf(type: Type, wordBits: 32 | 64): { width: number; signed: boolean } | undefined {
  switch (type.kind) {
    case "integer": {
      const bits = type.bits;
      const width = typeof bits === "number" ? (bits === 1 ? 8 : bits) : wordBits;
      return { width, signed: type.signed };
    }
    case "pointer":
    case "function":
      return { width: wordBits, signed: false };
    default:
      return undefined;
  }
}

export function convert(value: Value, type: Type, wordBits: 32 | 64): Value {
  const scalar = scalarOf(type, wordBits);
  if (scalar === undefined) return value;
  const { width, signed } = scalar;
  const isBoolean = type.kind === "integer" && type.bits === 1;
  const apply = (bits: bigint): bigint => (isBoolean ? (bits === 0n ? 0n : 1n) : wrap(bits, width, signed));
  const bits = apply(value.bits);
  if (value.origin === undefined) return bits === value.bits ? value : { bits };
  // An input that fits keeps its identity, so that an untyped pointer can still be resolved behind a cast.
  if (bits === value.bits) return value;
  return computed(bits, [value], ([only = 0n]) => apply(only));
}

/** C arithmetic on bits that are already wrapped. A division by zero gives 0: the interpreter reports it and goes on. */
export function binary(operator: BinaryOperator, left: bigint, right: bigint, wordBits: number): bigint {
  switch (operator) {
    case "+":
      return left + right;
    case "-":
      return left - right;
    case "*":
      return left * right;
    case "/":
      return right === 0n ? 0n : left / right;
    case "%":
      return right === 0n ? 0n : left % right;
    case "<<":
      return right < 0n || right > 127n ? 0n : left << right;
    case ">>":
      return right < 0n || right > 127n ? 0n : left >> right;
    case "<":
      return left < right ? 1n : 0n;
    case ">":
      return left > right ? 1n : 0n;
    case "<=":
      return left <= right ? 1n : 0n;
    case ">=":
      return left >= right ? 1n : 0n;
    case "==":
      return BigInt.asUintN(wordBits, left) === BigInt.asUintN(wordBits, right) || left === right ? 1n : 0n;
    case "!=":
      return BigInt.asUintN(wordBits, left) === BigInt.asUintN(wordBits, right) || left === right ? 0n : 1n;
    case "&":
      return left & right;
    case "^":
      return left ^ right;
    case "|":
      return left | right;
  }
}
