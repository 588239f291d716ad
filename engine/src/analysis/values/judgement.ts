/**
 * From origins to a verdict: is this memory, in this context, of the forbidden kind for certain?
 * An error fires only when it is: when another branch may have brought other memory, the flag that chose it must be tested at
 * the sink as well.
 */
import type { Guard, Origin, OriginKind, Value, ValueContext } from "../facts.ts";
import { agree, contradict } from "../flow/guards.ts";

export interface Verdict {
  readonly origin: Origin;
  readonly context: ValueContext;
}

/** Tests that say something about the memory or the machine: behind one of them nobody knows better than the driver. */
const sanitisers =
  /^call:(is_vmalloc_addr|is_vmalloc_or_module_addr|virt_addr_valid|dev_is_dma_coherent|object_is_on_stack|dma_need_sync|cpu_dcache_is_aliasing|pfn_valid)\b/;

/** Whether the driver tests what kind of memory it has. */
export function isGuarded(guards: readonly Guard[]): boolean {
  return guards.some((guard) => sanitisers.test(guard.key));
}

/** Kinds that say nothing about memory: a cleared pointer does not make the others doubtful. */
const neutral = new Set<OriginKind>(["null", "number", "function"]);

/**
 * One verdict per birth of memory that is forbidden for certain in some context.
 * `forbidden` says which origins break the rule. Other memory in the same context makes it doubtful, unless its guards
 * contradict those of the sink, or a flag that led to the forbidden allocation leads to the sink as well.
 */
export function forbiddenOrigins(value: Value, forbidden: (origin: Origin) => boolean): readonly Verdict[] {
  const verdicts: Verdict[] = [];
  const births = new Set<string>();
  for (const context of value.contexts) {
    // Before the conditions are found: they cost more than all else.
    if (!context.origins.some(forbidden) || isGuarded(context.guards)) continue;
    const possible = context.origins.filter((origin) => !contradict(origin.guards, context.guards));
    const bad = possible.filter(forbidden);
    const others = possible.filter((origin) => !forbidden(origin) && !neutral.has(origin.kind));
    for (const origin of bad) {
      if (others.length > 0 && !correlated(origin, others, context.guards)) continue;
      const birth = birthKey(origin);
      if (births.has(birth)) continue;
      births.add(birth);
      verdicts.push({ origin, context });
    }
  }
  return verdicts;
}

/** Whether a flag led to this allocation, leads to the sink, and led to none of the others. */
function correlated(origin: Origin, others: readonly Origin[], here: readonly Guard[]): boolean {
  const telling = origin.guards.filter((guard) => !others.some((other) => agree([guard], other.guards)));
  return agree(telling, here);
}

export function birthKey(origin: Origin): string {
  const at = origin.birth?.statement ?? origin.object ?? origin.path[0];
  return at ? `${at.file}:${at.start}` : `${origin.kind}:${origin.name}`;
}
