/** The test that a map call asks for, in the source's own words. */
import type { CallStatement, ProgramFunction } from "../../program/program.ts";
import { lineStart } from "./source-edits.ts";

/**
 * `dma_mapping_error(dev, handle)` for a map call whose statement is `handle = dma_map_single(dev, ...)` and begins its line;
 * undefined where the handle is kept otherwise, and in snippets.
 */
export function rightTest(
  text: string,
  call: CallStatement,
  language: ProgramFunction["language"],
): { readonly test: string; readonly handle: string } | undefined {
  const device = call.arguments[0];
  if (!device || call.macro !== undefined || language !== "c") return undefined;
  const start = lineStart(text, call.calleeSpan.start);
  const handle = /^[ \t]*([\w>.\-[\]]+)[ \t]*=\s*$/.exec(text.slice(start, call.calleeSpan.start))?.[1];
  if (handle === undefined) return undefined;
  return { test: `dma_mapping_error(${text.slice(device.start, device.end)}, ${handle})`, handle };
}
