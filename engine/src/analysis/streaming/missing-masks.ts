/**
 * DMA masks that nobody sets, and narrow ones of which nobody asks whether the machine can do with them: "for correct operation, you must
 * set the DMA mask"; "you must not use DMA unless the dma_set_mask family has returned success"
 * (Documentation/core-api/dma-api-howto.rst:146-204, linux 6.12.117).
 */
import type { ApiFunction } from "../../kernel/contract.ts";
import type { ProgramFunction } from "../../program/program.ts";
import type { ApiCall, Facts } from "../facts.ts";
import { workingsOf } from "../unit-facts.ts";
import type { Site } from "../values/unit-index.ts";
import { fourGigabytes, maskOf } from "./mask-fallbacks.ts";

/** Calls that set a mask of fewer than 32 bits and drop the answer. A wider one is taken by every machine. */
export function uncheckedMasks(facts: Facts): readonly ApiCall[] {
  return facts.callsWith("set-mask").filter((call) => {
    const mask = maskOf(call);
    const { result, implicit, macro } = call.statement;
    if (implicit === true || macro !== undefined || call.api.returns === "void") return false;
    return mask !== undefined && mask < fourGigabytes && result === undefined;
  });
}

export interface MissingMask {
  /** pci_set_master(): the device may do DMA from here on. */
  readonly master: Site;
  /** The first place of the file that maps memory for a device, or makes memory that it shares. */
  readonly use: Site & { readonly name: string };
}

const pools = ["dma_pool_create", "dmam_pool_create"];

/** PCI drivers that let their device do DMA, use the DMA API, and set no mask, as far as the unit shows. */
export function missingMasks(facts: Facts): readonly MissingMask[] {
  const masters = facts.callsTo("pci_set_master");
  if (masters.length === 0) return [];
  const { index } = workingsOf(facts);
  // A mask that is stored, or set by the unit somewhere, may be this device's.
  const stored = ["device.coherent_dma_mask", "device.dma_mask", "pci_dev.dma_mask"];
  if (stored.some((key) => index.storesTo(key).length > 0)) return [];
  const setting = new Set(facts.callsWith("set-mask").map((call) => call.function));
  const found = new Map<string, MissingMask>();
  for (const master of [...masters.filter((one) => isProbe(facts, one)), ...masters]) {
    const { file } = master.function;
    // Most drivers set it beside pci_set_master(): nobody else has to be asked, nor read.
    if (found.has(file) || [...setting].some((one) => one.file === file)) continue;
    const use = firstUse(facts, file);
    if (use && !setsSomewhere(facts, file, setting)) found.set(file, { master, use });
  }
  return [...found.values()];
}

/** A resume lets the device do DMA again: the mask belongs to the probe. */
function isProbe({ unit }: Facts, { function: owner }: Site): boolean {
  return unit.opsTables.some(
    ({ file, entries }) =>
      file === owner.file && entries.some(({ field, value }) => field === "probe" && value === owner.name),
  );
}

/** Whether a function of the file, or one that runs with it, sets a mask: by the API, or by a helper that is called after it. */
function setsSomewhere(facts: Facts, file: string, setting: ReadonlySet<ProgramFunction>): boolean {
  const around = new Set(facts.unit.functions.filter((one) => one.file === file));
  for (const one of [...around]) for (const { caller } of facts.unit.callersOf(one)) around.add(caller);
  for (const one of around) for (const { target } of facts.unit.calleesOf(one)) around.add(target);
  for (const one of around) {
    if (setting.has(one)) return true;
    for (const { statements } of one.blocks)
      for (const statement of statements)
        if (statement.kind === "call" && statement.callee.kind === "direct" && maysSet.test(statement.callee.name))
          return true;
  }
  return false;
}
/** Helpers of other folders, and the probes of libraries that set their own masks: ata, usb, sdhci, thunderbolt, virtio. */
const maysSet = /mask|_hcd_|^ata_|^ahci_|^sdhci_|_probe$|_probe_/;

function lendsMemory({ effect, handle }: ApiFunction): boolean {
  return effect === "map-streaming" || effect === "map-sg" || (effect === "allocate" && handle === "dma-coherent");
}

function firstUse(facts: Facts, file: string): MissingMask["use"] | undefined {
  const calls = facts
    .callsOf(lendsMemory)
    .map(({ function: owner, statement, name }) => ({ function: owner, statement, name }));
  const pooled = pools.flatMap((name) => facts.callsTo(name).map((site) => ({ ...site, name })));
  return [...calls, ...pooled]
    .filter((one) => one.function.file === file)
    .sort((a, b) => a.statement.start - b.statement.start)[0];
}
