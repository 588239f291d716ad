/** Memory of a kind that must not be handed to DMA by its address, where it is handed on: one verdict per call and kind of memory. */
import { isPointer } from "../coherent/coherent-uses.ts";
import { type DmaArgument, dmaArguments } from "./dma-arguments.ts";
import type { Facts, Origin, OriginKind } from "../facts.ts";
import { forbiddenOrigins } from "../values/judgement.ts";
import { peel } from "../values/local-evaluation.ts";
import { sizeOf } from "./struct-layout.ts";

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
      if (beginsBehind(facts, argument, origin)) continue;
      const name = `${origin.kind} ${origin.object?.name ?? origin.name}`;
      if (seen.has(name)) continue;
      seen.add(name);
      found.push({ argument, origin });
    }
  }
  return found;
}

/**
 * Whether the pointer is made by a constant index that lies behind the object: where the object is that one, nothing is transferred, and
 * longer transfers get longer objects.
 */
export function beginsBehind(facts: Facts, { function: owner, pointer }: DmaArgument, origin: Origin): boolean {
  const { records } = facts.unit;
  const size = origin.object && sizeOf(records, origin.object.type);
  if (size === undefined || origin.conversions.join() !== "offset") return false;
  const stored = origin.path.findLast(({ role, function: name }) => role === "store" && name === owner.name);
  const statement = stored && facts.statementOf(owner, stored.statement);
  const value = pointer ?? (statement?.kind === "assign" ? statement.value : undefined);
  const address = value && peel(value);
  const last = address?.kind === "address" ? address.place.steps.at(-1) : undefined;
  const index = last?.kind === "index" ? peel(last.index) : undefined;
  const element = address?.kind === "address" ? sizeOf(records, address.place.type) : undefined;
  return index?.kind === "constant" && element !== undefined && Number(index.value) * element >= size;
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
