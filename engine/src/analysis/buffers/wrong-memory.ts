/** Memory of a kind that must not be handed to DMA by its address, where it is handed on: one verdict per call and kind of memory. */
import { isPointer } from "../coherent/coherent-uses.ts";
import { type DmaArgument, dmaArguments } from "./dma-arguments.ts";
import type { Facts, Origin, OriginKind } from "../facts.ts";
import { forbiddenOrigins } from "../values/judgement.ts";

export interface WrongMemory {
  readonly argument: DmaArgument;
  readonly origin: Origin;
}

/** Buffers that are memory of one of the kinds for certain, given to one of the mappers. */
export function wrongMemory(
  facts: Facts,
  kinds: readonly OriginKind[],
  mappers: readonly DmaArgument["mapper"][],
): readonly WrongMemory[] {
  const wanted = new Set(kinds);
  const found: WrongMemory[] = [];
  for (const argument of dmaArguments(facts)) {
    if (!mappers.includes(argument.mapper)) continue;
    const seen = new Set<string>();
    for (const { origin } of forbiddenOrigins(argument.value, (one) => wanted.has(one.kind) && isPointer(one))) {
      const name = `${origin.kind} ${origin.object?.name ?? origin.name}`;
      if (seen.has(name)) continue;
      seen.add(name);
      found.push({ argument, origin });
    }
  }
  return found;
}

/** How the memory is called in a message: "command, which is static data". */
export function describe(origin: Origin): string {
  const name = origin.object?.name ?? origin.name;
  switch (origin.kind) {
    case "image":
      return `${name}, which is static data`;
    case "string":
      return "a string literal";
    case "percpu":
      return `${name}, which is per-CPU data`;
    case "stack":
      return `${name}, which is on the stack`;
    case "kmap":
      return `${name}, which is a temporary mapping of a page`;
    case "iomem":
      return `${name}, which is device memory`;
    case "vmalloc":
    case "vmap":
      return `${name}, which is vmalloc memory`;
    default:
      return name;
  }
}
