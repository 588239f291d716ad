/** Looks for allocators of DMA memory by names that are gone. Silent where the driver defines a function of that name itself. */
import type { Facts } from "../../analysis/facts.ts";
import { removedCalls, type RemovedFunction } from "../../analysis/fixes/removed-calls.ts";
import { removedCallFinding } from "../removed-call-finding.ts";
import type { Rule, RuleFinding } from "../rule.ts";

const rule: Rule = {
  meta: {
    id: "legacy/dma-alloc-writecombine",
    group: "legacy",
    severity: "hint",
    stage: "preview",
    summary: "These DMA calls have other names today.",
    why: "Their successors do the same, or more: dma_alloc_coherent() zeroes what it gives, so that dma_zalloc_coherent() had nothing left to do.",
    remedy: "Call the successor.",
    basis: [
      "include/linux/dma-mapping.h (6.12.117): dma_alloc_wc(), dma_free_wc(), dma_mmap_wc(), dma_sync_single_for_cpu()",
      "include/linux/usb.h (6.12.117): usb_alloc_coherent(), usb_free_coherent()",
      "include/linux/dmapool.h (6.12.117): dma_pool_create() and kin",
      "commit 750afb08ca71 (5.0): dma_alloc_coherent() zeroes always",
    ],
    when: "Everywhere: the driver does not build.",
    fixes: [{ id: "rename", title: "Call the successor", safety: "safe" }],
  },
  check,
};
export default rule;

const removed: readonly RemovedFunction[] = [
  { name: "dma_alloc_writecombine", successor: "dma_alloc_wc" },
  { name: "dma_free_writecombine", successor: "dma_free_wc" },
  { name: "dma_mmap_writecombine", successor: "dma_mmap_wc" },
  { name: "dma_zalloc_coherent", successor: "dma_alloc_coherent" },
  { name: "usb_buffer_alloc", successor: "usb_alloc_coherent", gone: "2.6.35" },
  { name: "usb_buffer_free", successor: "usb_free_coherent", gone: "2.6.35" },
  { name: "pci_pool_create", successor: "dma_pool_create", device: 1 },
  { name: "pci_pool_destroy", successor: "dma_pool_destroy" },
  { name: "pci_pool_alloc", successor: "dma_pool_alloc" },
  { name: "pci_pool_zalloc", successor: "dma_pool_zalloc" },
  { name: "pci_pool_free", successor: "dma_pool_free" },
  { name: "dma_sync_single", successor: "dma_sync_single_for_cpu" },
  { name: "dma_sync_sg", successor: "dma_sync_sg_for_cpu" },
];

function* check(facts: Facts): Iterable<RuleFinding> {
  for (const call of removedCalls(facts, removed)) yield removedCallFinding(facts, call);
}
