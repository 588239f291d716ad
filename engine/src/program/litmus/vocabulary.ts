/**
 * The names that a litmus test may use, from the module "dma-lens/litmus": what the reader accepts, and what the typed module that
 * editors see is made of.
 */
import type { LitmusAgentName, LitmusDirection, LitmusOperation, LitmusWay } from "./litmus-source.ts";

/** The module that litmus tests import from. */
export const litmusModule = "dma-lens/litmus";

export interface LitmusWord {
  readonly name: string;
  /** Its TypeScript declaration, after `export `. */
  readonly declaration: string;
  /** One or more sentences, for the editor. */
  readonly about: string;
}

export interface OperationWord extends LitmusWord {
  readonly name: LitmusOperation["name"];
  readonly agents: readonly LitmusAgentName[];
  readonly takes: "nothing" | "place" | "place and direction";
}

const kernelOnly: readonly LitmusAgentName[] = ["cpu"];
const processor: readonly LitmusAgentName[] = ["cpu", "user"];
const deviceOnly: readonly LitmusAgentName[] = ["device"];

const streaming = (name: "dma_map" | "dma_unmap" | "dma_sync_for_device" | "dma_sync_for_cpu", about: string) =>
  ({
    name,
    declaration: `function ${name}(what: Location, direction: Direction): void`,
    about: `${about} Acts on the location's whole line, as a well-made buffer has it; \`${name}(part(x), ...)\` on the location alone.`,
    agents: kernelOnly,
    takes: "place and direction",
  }) as const satisfies OperationWord;

const plain = (
  name:
    | "dma_wmb"
    | "wmb"
    | "mb"
    | "doorbell"
    | "doorbell_relaxed"
    | "interrupt"
    | "wait_for_doorbell"
    | "wait_for_interrupt",
  agents: readonly LitmusAgentName[],
  about: string,
) =>
  ({ name, declaration: `function ${name}(): void`, about, agents, takes: "nothing" }) as const satisfies OperationWord;

/** Statements of agents. */
export const operationWords: readonly OperationWord[] = [
  streaming("dma_map", "dma_map_single(): the buffer passes to the device."),
  streaming("dma_unmap", "dma_unmap_single(): the buffer passes back to the CPU, for good."),
  streaming("dma_sync_for_device", "dma_sync_single_for_device(): a mapped buffer passes to the device once more."),
  streaming("dma_sync_for_cpu", "dma_sync_single_for_cpu(): a mapped buffer passes to the CPU for a while."),
  {
    name: "arch_dma_prep_coherent",
    declaration: "function arch_dma_prep_coherent(what: Location): void",
    about: "What the kernel does to a page's cached lines before it becomes coherent memory.",
    agents: kernelOnly,
    takes: "place",
  },
  {
    name: "flush_dcache_page",
    declaration: "function flush_dcache_page(what: Location): void",
    about: "Writes back what the page's cached aliases hold, as far as the architecture does that for data.",
    agents: kernelOnly,
    takes: "place",
  },
  plain("dma_wmb", kernelOnly, "Earlier stores reach memory before later ones, as a device on the same bus sees it."),
  plain("wmb", kernelOnly, "Earlier stores reach memory, and devices, before later ones."),
  plain("mb", kernelOnly, "A full barrier."),
  plain("doorbell", processor, "writel() to the device: earlier stores reach memory first. The device waits for it."),
  plain(
    "doorbell_relaxed",
    kernelOnly,
    "writel_relaxed() to the device: earlier stores may still be on their way. The device waits for it.",
  ),
  plain("wait_for_doorbell", deviceOnly, "The device goes on when the next doorbell has rung."),
  plain("interrupt", deviceOnly, "The device interrupts the CPU: what it wrote is in memory."),
  plain("wait_for_interrupt", processor, "Goes on when the next interrupt has come."),
];

/** Functions around a location that say how it is reached. */
export const wayWords: readonly (LitmusWord & { readonly way: LitmusWay })[] = (
  [
    [
      "cached",
      "cached",
      "Through a write-back mapping, whatever the memory is: the linear map, or a user's mapping with vma->vm_page_prot.",
    ],
    ["dmacoherent", "dmacoherent", "Through a second mapping with pgprot_dmacoherent()."],
    ["noncached", "noncached", "Through a second mapping with pgprot_noncached()."],
    ["writecombine", "writecombine", "Through a second mapping with pgprot_writecombine()."],
    ["user_mapping", "user-mapping", "In cpu(): through the user's cached mapping, as get_user() and put_user() go."],
    ["other_colour", "other-colour", "Through a second write-back mapping whose virtual address has the next colour."],
  ] as const
).map(([name, way, about]) => ({ name, way, about, declaration: `function ${name}(what: Location): Location` }));

/** Declarations of memory, `part`, and what only `bad` may ask. */
export const otherWords: readonly LitmusWord[] = [
  {
    name: "location",
    declaration: "function location(): Location",
    about: "Four bytes of ordinary kernel memory in a cache line of their own. They start as 0.",
  },
  {
    name: "coherent",
    declaration: "function coherent(): Location",
    about: "Four bytes of dma_alloc_coherent() memory in a cache line of their own. They start as 0.",
  },
  {
    name: "beside",
    declaration: "function beside(what: Location, bytes?: number): Location",
    about: "Four bytes in the same line, that many bytes (default: 4) behind the start of the other location.",
  },
  {
    name: "part",
    declaration: "function part(what: Location): Location",
    about: "Of a mapping: the location alone, so that the line's other bytes are a neighbour's.",
  },
  {
    name: "faulted",
    declaration: "function faulted(): boolean",
    about: "In `bad`: whether an access was refused, by the IOMMU or because no memory is there.",
  },
];

export const directionWords: readonly (LitmusWord & { readonly direction: LitmusDirection })[] = (
  [
    ["DMA_TO_DEVICE", "to-device", "The device reads."],
    ["DMA_FROM_DEVICE", "from-device", "The device writes."],
    ["DMA_BIDIRECTIONAL", "bidirectional", "The device reads and writes."],
  ] as const
).map(([name, direction, about]) => ({ name, direction, about, declaration: `const ${name}: Direction` }));

/** All of them, in the order of the typed module. */
export const litmusWords: readonly LitmusWord[] = [...otherWords, ...wayWords, ...directionWords, ...operationWords];
