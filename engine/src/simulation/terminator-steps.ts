/** Steps of a path that stand in the end of a block: `return rx[0]`, `if (rx[0] & DONE)`. */
import type { PathStep } from "../program/program.ts";
import type { FileSpan } from "../text/span.ts";

/** Whether the step begins in the terminator. */
export function isWithin(step: PathStep, terminator: FileSpan): boolean {
  return terminator.start <= step.start && step.start < Math.max(terminator.end, terminator.start + 1);
}
