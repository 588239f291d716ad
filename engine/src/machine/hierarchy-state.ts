/** What the explorers ask of a machine's lines: what may happen to one by itself, and whether two machines hold the same. */
import type { EnvironmentAction } from "./action.ts";
import { bytesText } from "./address.ts";
import type { Board } from "./board.ts";
import { copyKey, findCopy, granuleMask, type LineState } from "./line.ts";
import type { BufferedStore } from "./write-buffer.ts";

/** The environment steps that are possible now on that line. `buffered`: stores to it are on their way. */
export function possibleSteps(board: Board, state: LineState, buffered: boolean): readonly EnvironmentAction[] {
  const { model, tables } = board;
  const { loadFill, storeDirty } = model.speculation;
  const { physical } = state;
  const steps: EnvironmentAction[] = [];
  for (const { virtual } of state.copies) steps.push({ kind: "evict", physical, virtual });
  if (buffered) steps.push({ kind: "drain", physical });
  if (!loadFill && !storeDirty) return steps;
  const allDirty = granuleMask(model, 0, model.cache.lineBytes);
  const keys = new Set<number>();
  for (const virtual of tables.cacheableAddresses(physical)) {
    const key = copyKey(model, virtual);
    if (keys.has(key)) continue;
    keys.add(key);
    const copy = findCopy(state, key);
    if (copy === undefined && loadFill) steps.push({ kind: "fill", physical, virtual });
    if (copy?.dirty !== allDirty && storeDirty) steps.push({ kind: "soil", physical, virtual });
  }
  return steps;
}

/** Equal for equal bytes in memory, cache and write buffer; where lines lie in the cache is left out. */
export function hierarchyKey(lines: Iterable<LineState>, buffered: readonly BufferedStore[]): string {
  const parts: string[] = [];
  for (const line of [...lines].sort((a, b) => a.physical - b.physical)) {
    if (line.copies.length === 0 && line.ram.every((byte) => byte === 0)) continue;
    const copies = [...line.copies].sort((a, b) => a.key - b.key);
    const shown = copies.map((copy) => `${copy.key}:${copy.dirty}:${bytesText(copy.data)}`).join(",");
    parts.push(`${line.physical}=${bytesText(line.ram)}|${shown}`);
  }
  for (const { line, offset, bytes, ordered, copy } of buffered) {
    parts.push(`${ordered ? "o" : copy === undefined ? "w" : "c"}${line + offset}=${bytesText(bytes)}`);
  }
  return parts.join(";");
}
