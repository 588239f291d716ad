/**
 * Small drivers from a grammar, as C text: one function that gets a buffer from somewhere, maps it or not, touches it, gives it to a
 * device and takes it back. The calls are in an order that compiles and that the kernel's API can take; whether the function keeps
 * the API's contract is left to chance.
 */

/** Where the buffer comes from. */
export type Source = "kmalloc" | "stack" | "vmalloc" | "coherent";
export type Way = "DMA_TO_DEVICE" | "DMA_FROM_DEVICE" | "DMA_BIDIRECTIONAL";

/** One thing that the function does. What does not fit (a sync without a mapping) is left out of the text. */
export type Deed =
  | { readonly kind: "map"; readonly way: Way; readonly checked: boolean }
  | { readonly kind: "unmap" }
  | { readonly kind: "sync-for-cpu" }
  | { readonly kind: "sync-for-device" }
  | { readonly kind: "start" }
  | { readonly kind: "wait" }
  | { readonly kind: "store"; readonly at: number; readonly maybe: boolean }
  | { readonly kind: "load"; readonly at: number; readonly maybe: boolean }
  | { readonly kind: "fill" }
  | { readonly kind: "page" };

export interface RandomDriver {
  readonly source: Source;
  readonly deeds: readonly Deed[];
}

/** A statement that something can be said of, as it stands in the text. Each text occurs once. */
export interface Place {
  readonly kind: "map" | "access" | "page";
  readonly text: string;
}

const bytes = 128;

/** The driver's text, and its places in order. The function is called foo_run(). */
export function driverText({ source, deeds }: RandomDriver): {
  readonly text: string;
  readonly places: readonly Place[];
} {
  const lines: string[] = [];
  const places: Place[] = [];
  const labels = new Set<string>();
  let mapped: Way | undefined;
  let maps = 0;
  let owner: "cpu" | "device" = "cpu";
  const add = (...more: readonly string[]): void => {
    lines.push(...more.map((line) => `\t${line}`));
  };
  for (const [index, deed] of deeds.entries()) {
    switch (deed.kind) {
      case "map": {
        if (mapped !== undefined) break;
        maps++;
        const text = `foo->dma${String(maps)} = dma_map_single(foo->dev, buf, ${String(bytes)}, ${deed.way});`;
        places.push({ kind: "map", text: `dma_map_single(foo->dev, buf, ${String(bytes)}, ${deed.way})` });
        add(text);
        if (deed.checked) {
          add(`if (dma_mapping_error(foo->dev, foo->dma${String(maps)}))`, "\tgoto out;");
          labels.add("out");
        }
        // Whoever maps memory tells the device of it: a handle that goes nowhere harms nobody.
        add(`writel(foo->dma${String(maps)}, foo->regs);`);
        mapped = deed.way;
        owner = "device";
        break;
      }
      case "unmap":
        if (mapped === undefined) break;
        add(`dma_unmap_single(foo->dev, foo->dma${String(maps)}, ${String(bytes)}, ${mapped});`);
        mapped = undefined;
        break;
      case "sync-for-cpu":
      case "sync-for-device": {
        const to = deed.kind === "sync-for-cpu" ? "cpu" : "device";
        if (mapped === undefined || owner === to) break;
        add(`dma_sync_single_for_${to}(foo->dev, foo->dma${String(maps)}, ${String(bytes)}, ${mapped});`);
        owner = to;
        break;
      }
      case "start":
        if (mapped !== undefined) add(`writel(foo->dma${String(maps)}, foo->regs + 8);`);
        break;
      case "wait":
        add("wait_for_completion(&foo->done);");
        break;
      case "store":
      case "load": {
        // The index makes each text one of its own.
        const element = `buf[${String(deed.at)}]`;
        const text =
          deed.kind === "store"
            ? `${element} = value + ${String(index)};`
            : `foo->seen[${String(index)}] = ${element};`;
        places.push({ kind: "access", text: text.slice(0, -1) });
        if (deed.maybe) add(`if (foo->wanted)`, `\t${text}`);
        else add(text);
        break;
      }
      case "fill": {
        const text = `memset(buf, ${String(index + 1)}, 16)`;
        places.push({ kind: "access", text });
        add(`${text};`);
        break;
      }
      case "page": {
        const text = `foo->pages[${String(index)}] = virt_to_page(buf)`;
        places.push({ kind: "page", text: "virt_to_page(buf)" });
        add(`${text};`);
        break;
      }
    }
  }
  if (mapped !== undefined) add(`dma_unmap_single(foo->dev, foo->dma${String(maps)}, ${String(bytes)}, ${mapped});`);
  const { declared, made, freed } = memory[source];
  const text = [
    "#include <linux/dma-mapping.h>",
    "",
    "struct foo {",
    "\tstruct device *dev;",
    "\tvoid __iomem *regs;",
    "\tstruct completion done;",
    "\tdma_addr_t dma1, dma2, dma3, dma4, dma5, dma6;",
    "\tdma_addr_t handle;",
    "\tstruct page *pages[16];",
    "\tint wanted;",
    "\tu8 seen[16];",
    "};",
    "",
    "static int foo_run(struct foo *foo, u8 value)",
    "{",
    ...declared,
    "",
    ...made,
    ...lines,
    ...(labels.has("out") ? ["out:"] : []),
    ...freed,
    "\treturn 0;",
    "}",
    "",
  ].join("\n");
  return { text, places };
}

interface Memory {
  readonly declared: readonly string[];
  readonly made: readonly string[];
  readonly freed: readonly string[];
}

const pointer = (call: string): readonly string[] => [`\tbuf = ${call};`, "\tif (!buf)", "\t\treturn -ENOMEM;"];

const memory: Readonly<Record<Source, Memory>> = {
  kmalloc: {
    declared: ["\tu8 *buf;"],
    made: pointer(`kmalloc(${String(bytes)}, GFP_KERNEL)`),
    freed: ["\tkfree(buf);"],
  },
  stack: { declared: [`\tu8 buf[${String(bytes)}];`], made: ["\tfoo->wanted = 1;"], freed: [] },
  vmalloc: { declared: ["\tu8 *buf;"], made: pointer(`vmalloc(${String(bytes)})`), freed: ["\tvfree(buf);"] },
  coherent: {
    declared: ["\tu8 *buf;"],
    made: pointer(`dma_alloc_coherent(foo->dev, ${String(bytes)}, &foo->handle, GFP_KERNEL)`),
    freed: [`\tdma_free_coherent(foo->dev, ${String(bytes)}, buf, foo->handle);`],
  },
};
