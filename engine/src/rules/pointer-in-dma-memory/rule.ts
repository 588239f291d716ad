/** Looks for a kernel pointer that is kept in coherent memory, which the device can write, and is followed when it is read back. */
import { coherentRecordFinder, hasCoherentMemory, mayBeInCoherent } from "../../analysis/device/device-records.ts";
import type { Facts } from "../../analysis/facts.ts";
import { makerOf, pathTo } from "../../analysis/flow/finding-path.ts";
import { type PointerLoad, type PointerStore, pointersReadBack } from "../../analysis/device/pointers-read-back.ts";
import type { Rule, RuleFinding } from "../rule.ts";

const rule: Rule = {
  meta: {
    id: "dma/pointer-in-dma-memory",
    group: "device-values",
    severity: "warning",
    stage: "preview",
    summary:
      "A kernel pointer must not be kept in memory that the device can write and be followed when it is read back.",
    why: "Whoever controls the device chooses where the pointer leads: the driver reads, writes or frees memory of the attacker's choice.",
    remedy: "Keep the pointer in an array of the driver's own, and at most an index in the descriptor.",
    basis: [
      "SPADE (EuroSys 2021): callbacks and pointers exposed to devices",
      "SADA (USENIX Security 2021): 36 invalid pointer accesses by unchecked values from DMA memory",
    ],
    when: "Everywhere, when the device is not to be trusted.",
    fixes: [],
  },
  check,
};
export default rule;

function* check(facts: Facts): Iterable<RuleFinding> {
  if (!hasCoherentMemory(facts)) return;
  const told = new Set<string>();
  const coherent = coherentRecordFinder(facts);
  for (const load of pointersReadBack(facts)) {
    const { access, function: owner } = load;
    if (told.has(access.field)) continue;
    const verdict = coherent(owner, access);
    // The same struct may be used in ordinary memory, and only there with a pointer in it.
    const store =
      verdict && load.stores.find((one) => mayBeInCoherent(facts, one.function, one.statement, one.statement.target));
    if (!store) continue;
    told.add(access.field);
    yield findingOf(
      facts,
      load,
      store,
      makerOf(verdict.origin),
      pathTo(verdict.origin, owner, access.statement?.id ?? -1, access.span, "followed here"),
    );
  }
}

function findingOf(
  facts: Facts,
  { access, function: owner }: PointerLoad,
  store: PointerStore,
  maker: string,
  path: RuleFinding["path"],
): RuleFinding {
  const name = facts.textOfPlace(owner, access.place);
  return {
    ...access.span,
    message: `${name} is a kernel pointer in memory from ${maker}, which the device can change before it is followed here.`,
    function: owner.name,
    path: [
      ...path.slice(0, -1),
      {
        file: store.statement.file,
        start: store.statement.start,
        end: store.statement.end,
        function: store.function.name,
        statement: store.statement.id,
        role: "store",
        note: "pointer stored here",
      },
      ...path.slice(-1),
    ],
    subjects: [access.field],
    fixes: [],
  };
}
