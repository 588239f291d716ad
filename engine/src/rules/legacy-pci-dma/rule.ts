/** Looks for the PCI wrappers around the DMA calls. Silent where the driver defines a function of that name itself. */
import type { Facts } from "../../analysis/facts.ts";
import { removedCalls, type RemovedFunction } from "../../analysis/fixes/removed-calls.ts";
import { removedCallFinding } from "../removed-call-finding.ts";
import type { Rule, RuleFinding } from "../rule.ts";

const rule: Rule = {
  meta: {
    id: "legacy/pci-dma",
    group: "legacy",
    severity: "warning",
    stage: "preview",
    summary: "The pci_ wrappers around the DMA calls are gone: the DMA calls take the device itself.",
    why: "The wrappers allocated with GFP_ATOMIC wherever they were called, and hid which device a mapping belongs to.",
    remedy:
      "Call the function without the wrapper, with &pdev->dev and one of DMA_TO_DEVICE, DMA_FROM_DEVICE and DMA_BIDIRECTIONAL.",
    basis: [
      "Documentation/core-api/dma-api-howto.rst:98-101 (6.12.117): a struct device is what the calls take",
      "include/linux/pci-dma-compat.h (5.17): what each wrapper called; gone in 5.18",
    ],
    when: "Everywhere: the driver does not build.",
    fixes: [{ id: "rename", title: "Call the DMA function", safety: "safe" }],
  },
  check,
};
export default rule;

const gone = "5.18";
const removed: readonly RemovedFunction[] = [
  { name: "pci_alloc_consistent", successor: "dma_alloc_coherent", gone, device: 0, extra: "GFP_ATOMIC" },
  { name: "pci_zalloc_consistent", successor: "dma_alloc_coherent", gone, device: 0, extra: "GFP_ATOMIC" },
  { name: "pci_free_consistent", successor: "dma_free_coherent", gone, device: 0 },
  { name: "pci_map_single", successor: "dma_map_single", gone, device: 0, direction: 3 },
  { name: "pci_unmap_single", successor: "dma_unmap_single", gone, device: 0, direction: 3 },
  { name: "pci_map_page", successor: "dma_map_page", gone, device: 0, direction: 4 },
  { name: "pci_unmap_page", successor: "dma_unmap_page", gone, device: 0, direction: 3 },
  { name: "pci_map_sg", successor: "dma_map_sg", gone, device: 0, direction: 3 },
  { name: "pci_unmap_sg", successor: "dma_unmap_sg", gone, device: 0, direction: 3 },
  { name: "pci_dma_sync_single_for_cpu", successor: "dma_sync_single_for_cpu", gone, device: 0, direction: 3 },
  { name: "pci_dma_sync_single_for_device", successor: "dma_sync_single_for_device", gone, device: 0, direction: 3 },
  { name: "pci_dma_sync_sg_for_cpu", successor: "dma_sync_sg_for_cpu", gone, device: 0, direction: 3 },
  { name: "pci_dma_sync_sg_for_device", successor: "dma_sync_sg_for_device", gone, device: 0, direction: 3 },
  { name: "pci_dma_mapping_error", successor: "dma_mapping_error", gone, device: 0 },
  { name: "pci_set_dma_mask", successor: "dma_set_mask", gone, device: 0 },
  { name: "pci_set_consistent_dma_mask", successor: "dma_set_coherent_mask", gone, device: 0 },
];

function* check(facts: Facts): Iterable<RuleFinding> {
  for (const call of removedCalls(facts, removed)) yield removedCallFinding(facts, call);
}
