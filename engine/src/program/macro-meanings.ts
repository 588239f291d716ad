/** Macros of the kernel that are no calls: what a use of them means. */
import type { CallExpression } from "../syntax/c/ast.ts";
import type { FileSpan } from "../text/span.ts";
import { knownFunction } from "./constant-expressions.ts";
import type { FunctionBuilder } from "./function-builder.ts";
import { typeOfTypeArgument } from "./infer-type.ts";
import {
  configurationQuestions,
  namedFieldMacros,
  transparentMacros,
  warningConditions,
  warningConditionsSecond,
} from "./kernel-macros.ts";
import { lowerCondition } from "./lower-condition.ts";
import { lowerEffect, lowerInto } from "./lower-effect.ts";
import { lowerValue, negated } from "./lower-expression.ts";
import { dereferenced, fieldOf, lowerPlace, readPlace } from "./lower-place.ts";
import type { Expression, Place } from "./program.ts";
import { intType, unsignedLongType, voidPointer } from "./scalar-types.ts";
import { unknownType } from "./types.ts";
import { typeOf } from "./visit.ts";

/** One use of a callee: where it stands and what is wanted of it. */
export interface Use {
  readonly call: CallExpression;
  readonly at: FileSpan;
  readonly calleeSpan: FileSpan;
  readonly target: Place | undefined;
  readonly wanted: boolean;
}

/** The value, or undefined to treat the use as a plain call. */
export type Meaning = (builder: FunctionBuilder, use: Use) => Expression | undefined;

function nothing(at: FileSpan): Expression {
  return { kind: "constant", value: 0n, type: intType, ...at };
}

const transparent: Meaning = (builder, use) => {
  const first = use.call.arguments[0];
  return first === undefined ? undefined : lowerValue(builder, first);
};

const assigning: Meaning = (builder, use) => {
  const [place, value] = use.call.arguments;
  if (place === undefined || value === undefined) return undefined;
  const target = lowerPlace(builder, place);
  lowerInto(builder, target, value, use.at);
  return readPlace(target);
};

const assigningField: Meaning = (builder, use) => {
  const [pointer, member, value] = use.call.arguments;
  if (pointer === undefined || member?.kind !== "identifier" || value === undefined) return undefined;
  const object = dereferenced(builder, lowerValue(builder, pointer), use.at);
  const target = fieldOf(builder, object, builder.memberName(member.name), use.at);
  lowerInto(builder, target, value, use.at);
  return readPlace(target);
};

function warning(position: number): Meaning {
  return (builder, use) => {
    const condition = use.call.arguments[position];
    if (condition === undefined) return undefined;
    if (!use.wanted && use.target === undefined) {
      lowerEffect(builder, condition);
      return nothing(use.at);
    }
    const value = lowerValue(builder, condition);
    return typeOf(value).kind === "integer" ? value : negated(negated(value, use.at), use.at);
  };
}

/** By name. A macro or function of the unit with the name goes before. */
export const meanings: ReadonlyMap<string, Meaning> = new Map<string, Meaning>([
  ...[...transparentMacros].map((name): [string, Meaning] => [name, transparent]),
  ...[...warningConditions].map((name): [string, Meaning] => [name, warning(0)]),
  ...[...warningConditionsSecond].map((name): [string, Meaning] => [name, warning(1)]),
  // include/asm-generic/rwonce.h, include/linux/rcupdate.h
  ["WRITE_ONCE", assigning],
  ["rcu_assign_pointer", assigning],
  ["RCU_INIT_POINTER", assigning],
  ...[...namedFieldMacros].map((name): [string, Meaning] => [
    name,
    (builder, use) =>
      use.call.arguments[1]?.kind === "identifier" ? readPlace(lowerPlace(builder, use.call)) : undefined,
  ]),
  // include/linux/dma-mapping.h
  ["dma_unmap_addr_set", assigningField],
  ["dma_unmap_len_set", assigningField],
  // include/asm-generic/bug.h
  [
    "BUG_ON",
    (builder, use) => {
      const condition = use.call.arguments[0];
      if (condition === undefined) return undefined;
      const dead = builder.newBlock();
      const alive = builder.newBlock();
      lowerCondition(builder, condition, dead, alive);
      if (dead.referenced) {
        builder.placeTarget(dead, use.at);
        builder.terminate({ kind: "unreachable", ...use.at });
      }
      builder.placeTarget(alive, use.at);
      return nothing(use.at);
    },
  ],
  ["BUILD_BUG_ON", (_builder, use) => nothing(use.at)],
  ["BUILD_BUG_ON_MSG", (_builder, use) => nothing(use.at)],
  ["BUILD_BUG_ON_ZERO", (_builder, use) => nothing(use.at)],
  ["static_assert", (_builder, use) => nothing(use.at)],
  ...[...configurationQuestions].map((name): [string, Meaning] => [
    name,
    (builder, use) => {
      const argument = use.call.arguments[0];
      if (argument?.kind !== "identifier") return undefined;
      return { kind: "symbol", name: `${name}(${builder.memberName(argument.name)})`, ...use.at };
    },
  ]),
  // include/linux/cleanup.h
  ["no_free_ptr", (builder, use) => takePointer(builder, use)],
  [
    "retain_and_null_ptr",
    (builder, use) => {
      takePointer(builder, use);
      return nothing(use.at);
    },
  ],
  // include/linux/minmax.h
  [
    "swap",
    (builder, use) => {
      const [a, b] = use.call.arguments;
      if (a === undefined || b === undefined) return undefined;
      const first = lowerPlace(builder, a);
      const second = lowerPlace(builder, b);
      const kept = builder.temporary(first.type, use.at);
      builder.assign(kept, readPlace(first), use.at);
      builder.assign(first, readPlace(second), use.at);
      builder.assign(second, readPlace(kept), use.at);
      return nothing(use.at);
    },
  ],
  // include/linux/array_size.h, include/linux/stddef.h
  [
    "ARRAY_SIZE",
    (builder, use) => {
      const argument = use.call.arguments[0];
      const type = argument === undefined ? unknownType : builder.typeOfExpression(argument);
      if (type.kind !== "array" || type.length === undefined) return undefined;
      return { kind: "constant", value: BigInt(type.length), type: unsignedLongType, ...use.at };
    },
  ],
  [
    "sizeof_field",
    (builder, use) => {
      const owner = typeOfTypeArgument(builder, use.call.arguments[0]);
      const member = use.call.arguments[1];
      if (owner?.kind !== "record" || member?.kind !== "identifier") return undefined;
      const field = builder.scope.fieldOf(owner.name, builder.memberName(member.name));
      return field === undefined ? undefined : { kind: "sizeof", operand: field.type, ...use.at };
    },
  ],
  // include/vdso/bits.h
  [
    "BIT",
    (builder, use) => {
      const argument = use.call.arguments[0];
      if (argument === undefined) return undefined;
      const one: Expression = { kind: "constant", value: 1n, type: unsignedLongType, ...use.at };
      const count = lowerValue(builder, argument);
      if (count.kind === "constant") {
        const value = knownFunction("BIT", [count.value]);
        if (value !== undefined) return { kind: "constant", value, type: unsignedLongType, ...use.at };
      }
      return { kind: "binary", operator: "<<", left: one, right: count, type: unsignedLongType, ...use.at };
    },
  ],
]);

/** `no_free_ptr(p)`: the pointer, and `p` becomes NULL so that its clean-up frees nothing. */
function takePointer(builder: FunctionBuilder, use: Use): Expression | undefined {
  const argument = use.call.arguments[0];
  if (argument === undefined) return undefined;
  const pointer = lowerPlace(builder, argument);
  const kept = builder.temporary(pointer.type, use.at);
  builder.assign(kept, readPlace(pointer), use.at);
  builder.assign(pointer, { kind: "constant", value: 0n, type: voidPointer, name: "NULL", ...use.at }, use.at);
  return readPlace(kept);
}
