/** Writes types/dma-lens-platform.schema.json: how a machine of the user's own is described. */
import { presetSchema } from "../engine/src/platforms/preset-schema.ts";
import { type Renewal, renew } from "./generated-files.ts";

/** Files that were stale, relative to the root; they are written unless `check` is set. */
export function generatePresetSchema(options: Renewal = {}): readonly string[] {
  const text = `${JSON.stringify(presetSchema(), undefined, 2)}\n`;
  return renew(new Map([["types/dma-lens-platform.schema.json", text]]), options);
}
