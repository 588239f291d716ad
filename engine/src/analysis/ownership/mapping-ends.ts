/** What ends a streaming mapping, and what only looks like it: facts for the walk (ownership-walk.ts). */
import type { Effect } from "../../kernel/contract.ts";
import type { ProgramFunction } from "../../program/program.ts";
import { peel } from "../values/local-evaluation.ts";
import { variableName } from "./ownership-values.ts";

/** Effects of the calls that end a mapping; a sync only lends the memory to the CPU. */
export const unmapping: ReadonlySet<Effect> = new Set<Effect>(["unmap-streaming", "unmap-sg", "unmap-resource"]);

/** Effects of the calls that give the buffer to the CPU, be it for a while. */
export const releasing: ReadonlySet<Effect> = new Set<Effect>([
  ...unmapping,
  "sync-for-cpu",
  "sync-sg-for-cpu",
  "cpu-access-begin",
]);
/** Effects of the calls that give it to the device again. */
export const handingBack: ReadonlySet<Effect> = new Set<Effect>([
  "sync-for-device",
  "sync-sg-for-device",
  "cpu-access-end",
]);

/** Kernel functions that give memory back and know nothing of mappings: include/linux/slab.h, gfp.h, skbuff.h, mm.h, vmalloc.h. */
const plainFrees: ReadonlySet<string> = new Set([
  "kfree",
  "kfree_sensitive",
  "kzfree",
  "kvfree",
  "vfree",
  "devm_kfree",
  "kmem_cache_free",
  "mempool_free",
  "free_page",
  "free_pages",
  "__free_page",
  "__free_pages",
  "free_pages_exact",
  "put_page",
  "kfree_skb",
  "kfree_skb_any_reason",
  "dev_kfree_skb",
  "dev_kfree_skb_any",
  "dev_kfree_skb_irq",
  "dev_consume_skb_any",
  "consume_skb",
]);

/** Whether the call frees its argument's memory and does nothing else. */
export function freesPlainly(name: string): boolean {
  return plainFrees.has(name);
}

/** Whether a function that is not in the unit and not in the catalogue may unmap: its name is all that is known of it. */
export function mayUnmapByName(name: string): boolean {
  if (ofTheKernel.test(name)) return false;
  return /unmap|_or_reset|unprep|free|release|complet|destroy|clean|teardown|abort|done|finish|fini|drop|recycle|put/.test(
    name,
  );
}

/** Functions of the kernel that are called like that and know nothing of mappings. */
const ofTheKernel =
  /^(free_irq|pci_|clk_|spin_|mutex_|release_region|release_mem|release_firmware|iounmap|free_netdev|kref_|usb_|pm_runtime_|put_unaligned|put_user|put_device|of_node_put|fwnode_handle_put|module_put|(__)?skb_put|input_|netdev_(tx_)?complet|(re)?init_completion|completion_done|kfree_const|free_percpu|regulator_|gpio)/;

/** Functions that wait for a completion: whoever completes may unmap what he can find, which is no handle in a local. */
export function waits(name: string): boolean {
  return /^(try_)?wait_for_completion/.test(name);
}

/** The storage names of local variables that the function returns. */
export function returnedVariables(owner: ProgramFunction): readonly string[] {
  const found = new Set<string>();
  for (const { terminator } of owner.blocks) {
    const value = terminator.kind === "return" && terminator.value ? peel(terminator.value) : undefined;
    if (value?.kind === "read" && value.place.root.kind === "variable" && value.place.steps.length === 0)
      found.add(variableName(value.place.root.id));
  }
  return [...found].slice(0, 2);
}
