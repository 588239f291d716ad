/** What the architecture's cache maintenance for DMA does with a range: arch_sync_dma_for_device() and arch_sync_dma_for_cpu(). */
import type { AgentAction } from "./action.ts";
import { alignDown, alignUp } from "./address.ts";
import type { Direction, MachineModel, MaintenanceOperation } from "./model.ts";

/**
 * The operations on the machine for passing `size` bytes at the CPU address `virtual` to the device, or back to the CPU. Empty on a coherent
 * device and where the architecture does nothing.
 */
export function syncActions(
  model: MachineModel,
  to: "device" | "cpu",
  direction: Direction,
  virtual: number,
  size: number,
): readonly AgentAction[] {
  if (model.coherent || size <= 0) return [];
  const { sync } = model;
  const operation = (to === "device" ? sync.forDevice : sync.forCpu)[direction];
  return operation === "none" ? [] : rangeActions(model, operation, virtual, size);
}

/** arch_dma_prep_coherent() on the page's cached alias: whole pages, so that no edge rule applies. The kernel calls it for devices that do not snoop. */
export function prepActions(model: MachineModel, virtual: number, size: number): readonly AgentAction[] {
  if (model.prepCoherent === "none" || size <= 0) return [];
  return [{ kind: "maintain", operation: model.prepCoherent, virtual, size }];
}

function rangeActions(
  model: MachineModel,
  operation: MaintenanceOperation,
  virtual: number,
  size: number,
): readonly AgentAction[] {
  const { sync } = model;
  if (sync.wholeCache) return [{ kind: "maintain-all", operation }];
  if (operation !== "invalidate") return [{ kind: "maintain", operation, virtual, size }];
  const { lineBytes } = model.cache;
  const end = virtual + size;
  const firstPartial = alignDown(virtual, lineBytes) !== virtual;
  const lastPartial = alignDown(end, lineBytes) !== end;
  const { first, last } = sync.edges;
  const range = (op: MaintenanceOperation, from: number, to: number): AgentAction[] =>
    to > from ? [{ kind: "maintain", operation: op, virtual: from, size: to - from }] : [];
  if ((firstPartial && first === "whole-range") || (lastPartial && last === "whole-range")) {
    return range("clean-invalidate", virtual, end);
  }
  const edge = (partial: boolean, rule: typeof first): MaintenanceOperation | undefined =>
    !partial || rule === "same" ? undefined : rule === "clean" ? "clean" : "clean-invalidate";
  const head = edge(firstPartial, first);
  const tail = edge(lastPartial, last);
  const firstLine = alignDown(virtual, lineBytes);
  const lastLine = alignDown(end - 1, lineBytes);
  const edges = [
    ...(head === undefined ? [] : range(head, firstLine, firstLine + lineBytes)),
    ...(tail === undefined || (lastLine === firstLine && head === tail)
      ? []
      : range(tail, lastLine, lastLine + lineBytes)),
  ];
  // "clean" edges are invalidated with the rest afterwards; the others are done with.
  const from = head === "clean-invalidate" ? firstLine + lineBytes : firstLine;
  const to = tail === "clean-invalidate" ? lastLine : alignUp(end, lineBytes);
  return [...edges, ...range("invalidate", from, to)];
}
