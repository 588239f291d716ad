/** Which lines an agent's action can read or change: the only ones whose state matters right before it. */
import type { AgentAction } from "./action.ts";
import { alignDown } from "./address.ts";
import type { Board } from "./board.ts";

/** Physical addresses of lines. `known` are the lines that have a state at all: actions on everything touch these. */
export function touchedLines(board: Board, action: AgentAction, known: Iterable<number>): Set<number> {
  const { tables, bus, model } = board;
  const { lineBytes } = model.cache;
  const lines = new Set<number>();
  const range = (from: number, size: number, physicalOf: (address: number) => number | undefined): void => {
    for (let at = alignDown(from, lineBytes); at < from + size; at += lineBytes) {
      const physical = physicalOf(at);
      if (physical !== undefined) lines.add(alignDown(physical, lineBytes));
    }
  };
  switch (action.kind) {
    case "load":
    case "store":
    case "maintain": {
      const size = action.kind === "store" ? action.bytes.length : action.size;
      const isUser = action.kind !== "maintain" && action.agent === "user";
      const space = action.space ?? (isUser ? board.space : 0);
      range(action.virtual, size, (at) => tables.translate(at, space)?.physical);
      break;
    }
    case "dma-read":
    case "dma-write": {
      const size = action.kind === "dma-write" ? action.bytes.length : action.size;
      const access = action.kind === "dma-write" ? "write" : "read";
      range(action.bus, size, (at) => {
        const physical = bus.translate(at, access);
        return typeof physical === "number" ? physical : undefined;
      });
      break;
    }
    case "copy":
      range(action.from, action.size, (at) => at);
      range(action.to, action.size, (at) => at);
      break;
    case "maintain-all":
    case "switch-space":
    case "map":
    case "unmap":
    case "set-linear-attribute":
      for (const line of known) lines.add(line);
      break;
    case "barrier":
    case "iommu-map":
    case "iommu-unmap":
    case "announce":
      break;
  }
  return lines;
}
