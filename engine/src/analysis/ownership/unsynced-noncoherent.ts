/** Memory from dma_alloc_noncoherent() in drivers that never sync anything: what the CPU does with it never meets the device. */
import type { ProgramFunction } from "../../program/program.ts";
import type { ApiCall, Facts } from "../facts.ts";
import { syncsByOtherMeans } from "./kept-mappings.ts";
import { accessesIn, type PlacedAccess } from "./kept-ownership.ts";
import { ownershipOf } from "./ownership.ts";
import { fieldName, fieldsIn } from "./ownership-fields.ts";
import { resultName } from "./ownership-values.ts";
import { streamingEvents } from "./streaming-events.ts";

export interface UnsyncedNoncoherent {
  readonly allocation: ApiCall;
  readonly owner: ProgramFunction;
  readonly access: PlacedAccess["access"];
}

/** The first CPU access to each such memory that is not its allocating function's clearing of it. */
export function unsyncedNoncoherent(facts: Facts): readonly UnsyncedNoncoherent[] {
  const allocations = facts.callsWith("allocate").filter(({ name }) => name === "dma_alloc_noncoherent");
  if (allocations.length === 0 || syncsByOtherMeans(facts)) return [];
  if (streamingEvents(facts).some(({ step }) => step === "sync-for-cpu" || step === "sync-for-device")) return [];
  if (callsSomeSync(facts)) return [];
  return allocations.flatMap((allocation) => {
    const field = fieldOf(facts, allocation);
    if (field === undefined) return [];
    for (const owner of facts.unit.functions) {
      if (owner === allocation.function || !fieldsIn(owner).has(field)) continue;
      const member = field.slice(field.lastIndexOf("."));
      // Another struct's field of that name would be read for ours.
      if ([...fieldsIn(owner)].some((one) => one !== field && one.endsWith(member))) continue;
      const found = accessesIn(facts, owner).find(({ access }) => isLoadedFrom(access.at.object, member));
      if (found) return [{ allocation, owner, access: found.access }];
    }
    return [];
  });
}

/** A function that nobody knows may sync, by its name. */
function callsSomeSync(facts: Facts): boolean {
  const { unit } = facts;
  const ownership = ownershipOf(facts);
  return unit.functions.some((owner) =>
    owner.blocks.some((block) =>
      block.statements.some(
        (one) =>
          one.kind === "call" &&
          one.callee.kind === "direct" &&
          /sync|flush|inval|wback/.test(one.callee.name) &&
          ownership.api(owner, one) === undefined &&
          ownership.callees(owner, one).length === 0,
      ),
    ),
  );
}

/** The field of the driver's own struct that keeps the pointer. */
function fieldOf(facts: Facts, { function: owner, statement }: ApiCall): string | undefined {
  const values = ownershipOf(facts).valuesOf(owner);
  const written = statement.result && fieldName(statement.result);
  const own = resultName(statement);
  const kept = owner.blocks.flatMap((block) =>
    [...values.exitOf(block.id).values()].flatMap((cell) =>
      cell.field !== undefined && cell.value.object === own && cell.value.path === "" ? [cell.field] : [],
    ),
  );
  const field = written ?? kept[0];
  return field !== undefined && facts.unit.records.has(field.slice(0, field.indexOf("."))) ? field : undefined;
}

function isLoadedFrom(object: string, member: string): boolean {
  const inner = /^<L (.*)>$/.exec(object)?.[1];
  return inner?.replace(/@<R\d+>$/, "").endsWith(member) ?? false;
}
