/**
 * Handles that are kept in a field and read for the unmap and the syncs only: no device gets them, so that a failed map, whatever else is
 * wrong with it, gives no device a wrong address.
 */
import type { Expression, Place, ProgramFunction, Statement } from "../../program/program.ts";
import { expressionsOf, expressionsOfTerminator, walkExpression } from "../../program/visit.ts";
import type { Facts } from "../facts.ts";
import { areOneDriver } from "../flow/one-driver.ts";
import { fieldKey } from "../values/field-keys.ts";
import type { Mapping } from "./ownership.ts";

/** Fields of the kernel's structs that none but the driver reads. */
const driversOwn = new Set(["usb_request.dma"]); // include/linux/usb/gadget.h:36-40 (6.12.117)

/** Whether nothing of the unit reads the handle but what ends the mapping or changes its owner. */
export function isEndedOnly(facts: Facts, { owner, track }: Mapping): boolean {
  if (track.passes.some(({ call }) => !track.releases.includes(call) && !track.handBacks.includes(call))) return false;
  const fields = new Set<string>();
  for (const { place } of track.stores) {
    if (place.root.kind === "variable" && place.steps.length === 0) continue;
    const key = fieldKey(place.steps);
    if (key === undefined || isInUnion(facts, place)) return false;
    if (!driversOwn.has(key) && !isKeptHandle(facts, key, place)) return false;
    fields.add(key);
  }
  return fields.size > 0 && [...fields].every((key) => isReadToEnd(facts, key, owner.file));
}

/**
 * A field of one of the driver's own structs that is no word of a descriptor: what the driver writes there and never reads, the
 * device reads. A word for the device has a size of its own (`u32 buffer`); a dma_addr_t has the kernel's, whatever that is.
 */
function isKeptHandle(facts: Facts, key: string, { type }: Place): boolean {
  return (
    facts.unit.records.has(key.slice(0, key.indexOf("."))) && type.kind === "integer" && type.name === "dma_addr_t"
  );
}

/** The word is read under the name of another member: a descriptor that is put together of bit fields. */
function isInUnion(facts: Facts, { steps }: Place): boolean {
  return steps.some(
    (step) =>
      step.kind === "field" && step.record !== undefined && facts.unit.records.get(step.record)?.tag === "union",
  );
}

/** `file`: of the map call. A field of the kernel's is used by every driver of the folder; only those of this one read this handle. */
function isReadToEnd(facts: Facts, key: string, file: string): boolean {
  const reads = (expressions: readonly Expression[]): boolean =>
    expressions.some((expression) => {
      let found = false;
      walkExpression(expression, (part) => {
        if ((part.kind === "read" || part.kind === "address") && fieldKey(part.place.steps) === key) found = true;
      });
      return found;
    });
  const name = key.slice(key.lastIndexOf(".") + 1);
  let ended = false;
  const isOthers = (owner: ProgramFunction): boolean =>
    driversOwn.has(key) && !areOneDriver(facts.unit, owner.file, file);
  const isAll = facts.unit.functionsMentioning(name).every((owner) => {
    if (isOthers(owner)) return true;
    return owner.blocks.every((block) => {
      const ends = (statement: Statement): boolean => {
        const effect = facts.apiOf(owner, statement)?.effect;
        return effect !== undefined && /^(unmap-streaming|sync-for-cpu|sync-for-device|check-handle)$/.test(effect);
      };
      // A condition looks at the handle; what is returned of it goes somewhere.
      if (block.terminator.kind === "return" && reads(expressionsOfTerminator(block.terminator))) return false;
      return block.statements.every((statement) => {
        if (!reads(expressionsOf(statement))) return true;
        ended ||= ends(statement);
        return ends(statement);
      });
    });
  });
  // What nobody reads here may be read in another driver.
  return isAll && ended;
}
