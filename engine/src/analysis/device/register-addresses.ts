/** Members of the kernel's own structs that hold the physical address of registers, by contract. */
import type { Facts } from "../facts.ts";
import { fieldKey } from "../values/field-keys.ts";
import { workingsOf } from "../unit-facts.ts";
import type { UserMapping } from "../aliases/user-mapping.ts";

/** include/linux/vdpa.h (linux 6.12.117): the base address of the notification area, a virtqueue's doorbell. */
const registerFields = new Set(["vdpa_notification_area.addr"]);

/** The member whose registers a mapping has for its frame, for certain. */
export function registerField(facts: Facts, { function: owner, statement, subject }: UserMapping): string | undefined {
  const values = workingsOf(facts).provenance.localValues(owner).valueAt(statement.id, subject);
  const fields = values.map(({ symbol }) =>
    symbol.kind === "entry" || symbol.kind === "after" ? fieldKey(symbol.location.steps) : undefined,
  );
  const [field] = fields;
  return field !== undefined && registerFields.has(field) && fields.every((one) => one === field) ? field : undefined;
}
