/** Directions that streaming calls are given by a name that is no direction of theirs. */
import type { Expression } from "../../program/program.ts";
import type { ApiCall, Facts } from "../facts.ts";
import { peel } from "../values/local-evaluation.ts";

export interface WrongDirection {
  readonly call: ApiCall;
  readonly argument: Expression;
  /** "DMA_NONE", a dma_transfer_direction, or a number that is none of the three. */
  readonly name: string;
  /** The direction of the same value; undefined where that is DMA_NONE, on which the call stops the machine. */
  readonly meant: string | undefined;
}

/**
 * enum dma_transfer_direction (include/linux/dmaengine.h:72-79) by the enum dma_data_direction of the same value
 * (include/linux/dma-direction.h:5-10, linux 6.12.117).
 */
const byValue: Readonly<Record<string, string | undefined>> = {
  DMA_MEM_TO_MEM: "DMA_BIDIRECTIONAL",
  DMA_MEM_TO_DEV: "DMA_TO_DEVICE",
  DMA_DEV_TO_MEM: "DMA_FROM_DEVICE",
  DMA_DEV_TO_DEV: undefined,
  DMA_TRANS_NONE: undefined,
  DMA_NONE: undefined,
};

/** Maps, unmaps and syncs that name no direction, or one of the DMA engine's. */
export function wrongDirections(facts: Facts): readonly WrongDirection[] {
  const calls = facts.callsWith(
    "map-streaming",
    "unmap-streaming",
    "map-sg",
    "unmap-sg",
    "sync-for-cpu",
    "sync-for-device",
    "sync-sg-for-cpu",
    "sync-sg-for-device",
  );
  const found: WrongDirection[] = [];
  for (const call of calls) {
    const argument = call.argument("direction");
    const name = argument && nameOf(argument);
    if (!argument || name === undefined || call.statement.macro !== undefined) continue;
    if (Object.hasOwn(byValue, name) || isNoDirection(argument))
      found.push({ call, argument, name, meant: byValue[name] });
  }
  return found;
}

function nameOf(argument: Expression): string | undefined {
  const one = peel(argument);
  if (one.kind === "constant") return one.name ?? String(one.value);
  return one.kind === "symbol" ? one.name : undefined;
}

/** A number beyond DMA_FROM_DEVICE: valid_dma_direction() takes 0, 1 and 2 (include/linux/dma-direction.h:12-17, linux 6.12.117). */
function isNoDirection(argument: Expression): boolean {
  const one = peel(argument);
  return one.kind === "constant" && one.name === undefined && (one.value < 0n || one.value > 2n);
}
