/**
 * Which kinds of memory can come about in a unit at all, told by the names of what makes them: a rule that asks for one of them
 * need not follow a single value in a unit that holds none of the names.
 */
import type { ApiFunction } from "../../kernel/contract.ts";
import type { Facts } from "../facts.ts";
import { workingsOf } from "../unit-facts.ts";
import { isCoherentKind, namesTakenBy } from "./api-names.ts";
import { soundAllocations } from "./sound-buffers.ts";

/** Whether some value of the unit may be coherent memory. Never false where one is. */
export function mayHoldCoherent(facts: Facts): boolean {
  const { index } = workingsOf(facts);
  return (
    index.knowsOthers ||
    [...namesTakenBy(makesCoherent), ...soundAllocations].some(
      (name) => facts.unit.functionsMentioning(name).length > 0,
    )
  );
}

function makesCoherent({ memory, memoryBy, lands }: ApiFunction): boolean {
  return lands !== undefined || isCoherentKind(memory) || Object.values(memoryBy?.kinds ?? {}).some(isCoherentKind);
}
