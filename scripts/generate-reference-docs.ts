/** Writes docs/kernel.md and docs/platforms.md. */
import { type Renewal, renew } from "./generated-files.ts";
import { kernelPage, platformsPage } from "./reference-docs.ts";

/** Files that were stale, relative to the root; they are written unless `check` is set. */
export function generateReferenceDocs(options: Renewal = {}): readonly string[] {
  return renew(
    new Map([
      ["docs/kernel.md", kernelPage()],
      ["docs/platforms.md", platformsPage()],
    ]),
    options,
  );
}
