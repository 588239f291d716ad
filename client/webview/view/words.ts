/** Words and signs for verdicts and for what was executed. */
import type { PanelFinding, PanelVariant } from "../../shared/protocol.ts";

export const marks = { never: "✓", sometimes: "▲", always: "✕", unknown: "?" } as const;
export const words = {
  never: "never harmful",
  sometimes: "sometimes harmful",
  always: "always harmful",
  unknown: "could not be told",
} as const;

/** The fix's name without the explanation after the colon, which is in the tooltip. */
export const shortTitle = (title: string): string => title.split(/: /)[0] ?? title;

/** "as it is", "with: Use dma_mmap_coherent()" */
export function variantName(variant: PanelVariant, finding: PanelFinding | undefined): string {
  switch (variant.kind) {
    case "as-is":
      return "as it is";
    case "fixed": {
      const title = finding?.fixes.find((fix) => fix.id === variant.fix)?.title ?? variant.fix;
      return `with: ${shortTitle(title)}`;
    }
    case "edited":
      return `with ${variant.toggles.length} ${variant.toggles.length === 1 ? "call" : "calls"} changed`;
  }
}
