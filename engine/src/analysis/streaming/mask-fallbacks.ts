/**
 * Masks that are tried again narrower. A mask of 32 bits or more is taken by dma-direct without a look at the memory
 * (kernel/dma/direct.c: dma_direct_supported(), linux 6.12.117), so that a second try of 32 bits is never reached by it.
 */
import type { BlockId, Expression, Place } from "../../program/program.ts";
import type { ApiCall, Facts } from "../facts.ts";
import { successors } from "../flow/flow.ts";

export interface MaskFallback {
  /** The try that does not fail. */
  readonly wide: ApiCall;
  /** The try behind its failure. */
  readonly narrow: ApiCall;
}

/** The mask of 32 bits. */
export const fourGigabytes = 0xffff_ffffn;

/** Calls that set a mask of 32 bits where a wider one of the same kind and device failed. */
export function maskFallbacks(facts: Facts): readonly MaskFallback[] {
  const calls = facts.callsWith("set-mask");
  const found: MaskFallback[] = [];
  for (const wide of calls) {
    const mask = maskOf(wide);
    if (mask === undefined || mask <= fourGigabytes || wide.statement.macro !== undefined) continue;
    const failure = failureBlockOf(wide);
    if (failure === undefined) continue;
    const narrow = calls.find(
      (one) =>
        one.function === wide.function &&
        one.name === wide.name &&
        maskOf(one) === fourGigabytes &&
        deviceOf(facts, one) === deviceOf(facts, wide) &&
        wide.function.blocks[failure]?.statements.some(({ id }) => id === one.statement.id) === true,
    );
    if (narrow) found.push({ wide, narrow });
  }
  return found;
}

/** The mask that a call sets, where it is a constant. */
export function maskOf({ statement }: ApiCall): bigint | undefined {
  const mask = statement.arguments[1];
  return mask?.kind === "constant" ? BigInt.asUintN(64, mask.value) : undefined;
}

function deviceOf(facts: Facts, call: ApiCall): string {
  const device = call.statement.arguments[0];
  return device ? facts.textOf(call.function, device) : "";
}

/** Where control goes when the call gave an error, if the block that holds it ends in that test. */
function failureBlockOf({ function: owner, statement }: ApiCall): BlockId | undefined {
  const { result } = statement;
  const block = owner.blocks.find((one) => one.statements.some(({ id }) => id === statement.id));
  if (!block || !result || block.terminator.kind !== "branch") return undefined;
  const { condition, then, otherwise } = block.terminator;
  const failed = failsWhenTrue(condition, result);
  const target = failed === undefined ? undefined : failed ? then : otherwise;
  // `if (!only_32_bits && !set(64)) ... else set(32)`: the second call is there for those that never made the first.
  const entries = owner.blocks.filter((one) => target !== undefined && successors(one.terminator).includes(target));
  return entries.length === 1 ? target : undefined;
}

function failsWhenTrue(condition: Expression, result: Place): boolean | undefined {
  if (condition.kind === "unary" && condition.operator === "!") {
    const inner = failsWhenTrue(condition.operand, result);
    return inner === undefined ? undefined : !inner;
  }
  if (isRead(condition, result)) return true;
  if (condition.kind !== "binary" || !isRead(condition.left, result)) return undefined;
  if (condition.right.kind !== "constant" || condition.right.value !== 0n) return undefined;
  if (condition.operator === "!=" || condition.operator === "<") return true;
  return condition.operator === "==" || condition.operator === ">=" ? false : undefined;
}

function isRead(expression: Expression, { root, steps }: Place): boolean {
  return (
    expression.kind === "read" &&
    steps.length === 0 &&
    expression.place.steps.length === 0 &&
    root.kind === "variable" &&
    expression.place.root.kind === "variable" &&
    expression.place.root.id === root.id
  );
}
