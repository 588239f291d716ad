/** Looks for the bus address conversions. Silent where the driver defines a function of that name itself. */
import { isOnlyShown } from "../../analysis/coherent/coherent-uses.ts";
import { physicalForDevices } from "../../analysis/coherent/device-addresses.ts";
import type { Facts } from "../../analysis/facts.ts";
import { type RemovedFunction, removedCalls } from "../../analysis/fixes/removed-calls.ts";
import type { FileSpan } from "../../text/span.ts";
import type { Rule, RuleFinding } from "../rule.ts";

const rule: Rule = {
  meta: {
    id: "legacy/virt-to-bus",
    group: "legacy",
    severity: "warning",
    stage: "stable",
    summary: "Bus addresses come from the DMA API: virt_to_bus() and kin know nothing of caches, IOMMUs and DMA masks.",
    why: "The address is computed from the pointer. Behind an IOMMU it leads elsewhere, caches are not written back, and memory that the device cannot reach is not bounced.",
    remedy:
      "Map the memory by dma_map_single(), or allocate it by dma_alloc_coherent(), and keep the pointer beside the handle.",
    basis: [
      "Documentation/core-api/dma-isa-lpc.rst:51-60 (6.12.117): do not use isa_virt_to_bus()",
      "include/asm-generic/io.h (6.12.117): virt_to_bus() is not there; powerpc alone keeps its own",
    ],
    when: "Everywhere; most drivers that call it do not build.",
    proof: "physical-address",
    fixes: [],
  },
  check,
};
export default rule;

const removed: readonly RemovedFunction[] = [
  { name: "virt_to_bus", successor: "dma_map_single" },
  { name: "isa_virt_to_bus", successor: "dma_map_single" },
  { name: "isa_page_to_bus", successor: "dma_map_page" },
  { name: "bus_to_virt", successor: "" },
  { name: "isa_bus_to_virt", successor: "" },
];

function* check(facts: Facts): Iterable<RuleFinding> {
  const calls = removedCalls(facts, removed);
  if (calls.length === 0) return;
  // Where the address goes to a device for certain, dma/phys-as-handle tells the whole way.
  const told = new Set(physicalForDevices(facts).flatMap(({ origin }) => origin.path.map(placeOf)));
  const giving = new Set(calls.filter((call) => call.removed.successor !== "").map((call) => call.function.file));
  for (const { function: owner, statement, removed: old } of calls) {
    // A file that gives no bus addresses away looks at memory of the firmware.
    if (old.successor === "" && !giving.has(owner.file)) continue;
    // Nobody follows an address that is printed.
    if (isOnlyShown(owner, statement) || (old.successor !== "" && told.has(placeOf(statement)))) continue;
    const argument = statement.arguments[0];
    const name = argument ? facts.textOf(owner, argument) : "it";
    const place = { ...statement.calleeSpan, function: owner.name, statement: statement.id };
    yield {
      ...statement.calleeSpan,
      message:
        old.successor === ""
          ? `${old.name}() guesses the memory from a bus address: no pointer follows from ${name}, keep the one that was mapped.`
          : `${old.name}() maps nothing: ${old.successor}() gives the address under which the device finds ${name}.`,
      function: owner.name,
      path: [{ ...place, role: "sink", note: "called here" }],
      subjects: [name],
      fixes: [],
    };
  }
}

function placeOf({ file, start }: FileSpan): string {
  return `${file}:${start}`;
}
