/** Calls of kernel functions that are gone, and the edits that put today's call in their place. */
import type { CallStatement, ProgramFunction } from "../../program/program.ts";
import type { TextEdit } from "../../text/edit.ts";
import type { FileSpan } from "../../text/span.ts";
import type { Facts } from "../facts.ts";

export interface RemovedFunction {
  readonly name: string;
  /** What stands in its place today, with the same arguments. */
  readonly successor: string;
  /** The first release without it, where it is known: "5.18". */
  readonly gone?: string;
  /** The argument that is a struct pci_dev, of which the successor takes the struct device. */
  readonly device?: number;
  /** The argument that was one of PCI_DMA_TODEVICE and kin. */
  readonly direction?: number;
  /** An argument that the successor takes behind all others. */
  readonly extra?: string;
}

export interface RemovedCall {
  readonly function: ProgramFunction;
  readonly statement: CallStatement;
  readonly removed: RemovedFunction;
}

/** Calls to the functions, unless the driver defines one of that name itself. */
export function removedCalls(facts: Facts, table: readonly RemovedFunction[]): readonly RemovedCall[] {
  const found: RemovedCall[] = [];
  // A macro that uses its argument twice makes two calls of the one that is written.
  const seen = new Set<string>();
  for (const removed of table)
    for (const { function: owner, statement } of facts.callsTo(removed.name)) {
      const { file, start } = statement.calleeSpan;
      const place = `${file}:${start}`;
      if (seen.has(place) || facts.unit.functionNamed(removed.name, owner.file)) continue;
      seen.add(place);
      found.push({ function: owner, statement, removed });
    }
  return found;
}

/** The edits that make the call one of the successor; none where a macro wrote the call, or an argument cannot be rewritten. */
export function modernCall(facts: Facts, call: RemovedCall): readonly TextEdit[] {
  const { statement, removed } = call;
  if (statement.macro !== undefined) return [];
  const edits: TextEdit[] = [{ ...spanOf(statement.calleeSpan), newText: removed.successor }];
  if (removed.device !== undefined) {
    const device = statement.arguments[removed.device];
    const text = device && sourceOf(facts, device);
    if (!device || !text) return [];
    // A driver without a device said NULL, and says so still.
    if (text !== "NULL") edits.push({ ...spanOf(device), newText: deviceOf(text) });
  }
  if (removed.direction !== undefined) {
    const direction = statement.arguments[removed.direction];
    const text = direction && sourceOf(facts, direction);
    if (!direction || !text) return [];
    const today = directions[text];
    if (today !== undefined) edits.push({ ...spanOf(direction), newText: today });
    else if (/PCI_DMA_/.test(text)) return [];
  }
  if (removed.extra !== undefined) {
    const last = statement.arguments.at(-1);
    if (!last) return [];
    edits.push({ file: last.file, start: last.end, end: last.end, newText: `, ${removed.extra}` });
  }
  return edits;
}

/** include/linux/pci-dma-compat.h of linux 5.17, the last release that had it. */
const directions: Readonly<Record<string, string>> = {
  PCI_DMA_BIDIRECTIONAL: "DMA_BIDIRECTIONAL",
  PCI_DMA_TODEVICE: "DMA_TO_DEVICE",
  PCI_DMA_FROMDEVICE: "DMA_FROM_DEVICE",
  PCI_DMA_NONE: "DMA_NONE",
};

function deviceOf(pointer: string): string {
  if (/^&[\w.>\-[\]]+$/.test(pointer)) return `${pointer}.dev`;
  return /^[\w.>\-[\]]+$/.test(pointer) ? `&${pointer}->dev` : `&(${pointer})->dev`;
}

function spanOf({ file, start, end }: FileSpan): FileSpan {
  return { file, start, end };
}

function sourceOf(facts: Facts, { file, start, end }: FileSpan): string | undefined {
  return facts.unit.files.get(file)?.text.slice(start, end);
}
