/** Two runs side by side: their steps aligned by what the driver does, and what then differs between them. */
import { type ByteCell, byteName, type RowView, spellBytes, unknownByte } from "./picture.ts";
import type { ReplayState } from "./state.ts";
import type { TimelineStep } from "./timeline.ts";
import type { Agent, Mapping, Trace } from "./trace.ts";

/** Where both runs are at one place of the comparison. -1: that run has not begun. */
export interface StepPair {
  readonly left: number;
  readonly right: number;
  /** Whose step this is; the other one waits. */
  readonly moves: "both" | "left" | "right";
}

/**
 * Aligns two runs: steps are the same where the same agent does the same, a statement of the driver being told by its function and
 * its text, so that a fix that moves lines does not tear the runs apart. The order of each run is kept.
 */
export function alignSteps(left: readonly TimelineStep[], right: readonly TimelineStep[]): readonly StepPair[] {
  const a = left.map(keyOf);
  const b = right.map(keyOf);
  const pairs: StepPair[] = [];
  let i = 0;
  let j = 0;
  const only = (endLeft: number, endRight: number): void => {
    for (; i < endLeft; i++) pairs.push({ left: i, right: j - 1, moves: "left" });
    for (; j < endRight; j++) pairs.push({ left: i - 1, right: j, moves: "right" });
  };
  for (const [atLeft, atRight] of commonSteps(a, b)) {
    only(atLeft, atRight);
    pairs.push({ left: i++, right: j++, moves: "both" });
  }
  only(a.length, b.length);
  return pairs;
}

function keyOf(step: TimelineStep): string {
  const what = step.code === undefined ? (step.sentences[0] ?? "") : `${step.function ?? ""}: ${step.code}`;
  // Addresses differ from machine to machine.
  return `${step.agent} ${what.replace(/0x[0-9a-f]+/g, "0x")}`;
}

/** Index pairs of a longest common subsequence; of runs too long for that, of a common one. */
function commonSteps(a: readonly string[], b: readonly string[]): readonly (readonly [number, number])[] {
  let start = 0;
  while (start < a.length && start < b.length && a[start] === b[start]) start++;
  let end = 0;
  while (end < a.length - start && end < b.length - start && a.at(-1 - end) === b.at(-1 - end)) end++;
  const middle =
    (a.length - start - end) * (b.length - start - end) <= mostCells
      ? longestCommon(a.slice(start, a.length - end), b.slice(start, b.length - end))
      : nextCommon(a.slice(start, a.length - end), b.slice(start, b.length - end));
  return [
    ...Array.from({ length: start }, (_, k) => [k, k] as const),
    ...middle.map(([i, j]) => [i + start, j + start] as const),
    ...Array.from({ length: end }, (_, k) => [a.length - end + k, b.length - end + k] as const),
  ];
}

/** Of the table of a longest common subsequence. */
const mostCells = 4_000_000;

function longestCommon(a: readonly string[], b: readonly string[]): readonly (readonly [number, number])[] {
  const width = b.length + 1;
  const length = new Uint16Array((a.length + 1) * width);
  for (let i = a.length - 1; i >= 0; i--) {
    for (let j = b.length - 1; j >= 0; j--) {
      const below = length[(i + 1) * width + j] ?? 0;
      const beside = length[i * width + j + 1] ?? 0;
      length[i * width + j] = a[i] === b[j] ? (length[(i + 1) * width + j + 1] ?? 0) + 1 : Math.max(below, beside);
    }
  }
  const pairs: [number, number][] = [];
  for (let i = 0, j = 0; i < a.length && j < b.length; ) {
    if (a[i] === b[j]) pairs.push([i++, j++]);
    else if ((length[(i + 1) * width + j] ?? 0) >= (length[i * width + j + 1] ?? 0)) i++;
    else j++;
  }
  return pairs;
}

/** How far a step's partner may be away in runs that are too long for the table. */
const farthest = 200;

function nextCommon(a: readonly string[], b: readonly string[]): readonly (readonly [number, number])[] {
  const pairs: [number, number][] = [];
  let j = 0;
  for (const [i, key] of a.entries()) {
    const found = b.indexOf(key, j);
    if (found < 0 || found - j > farthest) continue;
    pairs.push([i, found]);
    j = found + 1;
  }
  return pairs;
}

// ---------------------------------------------------------------- what differs

/** One thing that is not the same in both runs, in words. */
export interface Difference {
  /** "s->ring[0..3] in the cache" */
  readonly what: string;
  readonly left: string;
  readonly right: string;
}

export interface ComparedSide {
  readonly trace: Trace;
  readonly rows: readonly RowView[];
  readonly state: ReplayState;
}

/**
 * What differs at one place of the comparison: bytes and their copies, reads, mappings. Memory is matched by its name.
 * `together`: both do this step; what only one of them reads is no difference.
 */
export function differences(left: ComparedSide, right: ComparedSide, together = true): readonly Difference[] {
  const found: Difference[] = [];
  for (const [a, b] of matchedRows(left.rows, right.rows)) {
    found.push(
      ...rowDifferences(left.trace, a, b, "in the cache", cachedCells),
      ...rowDifferences(left.trace, a, b, "in the write buffer", ({ pending }) => pending),
      ...rowDifferences(left.trace, a, b, "in RAM", ({ memory }) => memory),
      ...(together ? accessDifferences(a, b) : []),
    );
  }
  found.push(...mappingDifferences(left.state, right.state));
  return found;
}

/** Cells of a side that differ from the other side's, to be marked in the picture. */
export function differingCells(rows: readonly RowView[], others: readonly RowView[]): ReadonlySet<ByteCell> {
  const marked = new Set<ByteCell>();
  for (const [row, other] of matchedRows(rows, others)) {
    const compare = (cells: readonly ByteCell[] | undefined, those: readonly ByteCell[] | undefined): void => {
      for (const [i, cell] of (cells ?? []).entries()) if (differ(cell, those?.[i])) marked.add(cell);
    };
    for (const copy of row.copies) compare(copy.cells, other.copies[row.copies.indexOf(copy)]?.cells);
    compare(row.pending, other.pending);
    compare(row.memory, other.memory);
  }
  return marked;
}

function matchedRows(left: readonly RowView[], right: readonly RowView[]): readonly (readonly [RowView, RowView])[] {
  const others = new Map(right.map((view) => [view.row.name, view]));
  return left.flatMap((view) => {
    const other = others.get(view.row.name);
    return other === undefined ? [] : [[view, other] as const];
  });
}

const cachedCells = (view: RowView): readonly ByteCell[] | undefined => view.copies[0]?.cells;

function rowDifferences(
  trace: Trace,
  left: RowView,
  right: RowView,
  where: string,
  cellsOf: (view: RowView) => readonly ByteCell[] | undefined,
): readonly Difference[] {
  const a = cellsOf(left);
  const b = cellsOf(right);
  if (a === undefined && b === undefined) return [];
  const wrong = Array.from({ length: left.memory.length }, (_, i) => i).filter((i) => differ(a?.[i], b?.[i]));
  const [first] = wrong;
  const last = wrong.at(-1);
  if (first === undefined || last === undefined) return [];
  const from = byteName(trace, left.row.physical + first);
  const what = first === last ? from : from.replace(/\]$/, `..${String(endOf(from, last - first))}]`);
  return [{ what: `${what} ${where}`, left: words(a, where, first, last), right: words(b, where, first, last) }];
}

const endOf = (name: string, more: number): number => Number(/\[(-?\d+)\]$/.exec(name)?.[1] ?? 0) + more;

/** A byte that a run tells nothing of may be the same. */
function differ(a: ByteCell | undefined, b: ByteCell | undefined): boolean {
  if (a === undefined || b === undefined) return a !== b;
  if (a.text === unknownByte || b.text === unknownByte) return false;
  return a.text !== b.text || a.stale !== b.stale;
}

function words(cells: readonly ByteCell[] | undefined, where: string, first: number, last: number): string {
  if (cells === undefined) return `not ${where}`;
  const shown = cells.slice(first, last + 1);
  const stale = shown.some((cell) => cell.stale) ? ", stale" : "";
  return `${shown.map((cell) => cell.text).join(" ")}${stale}`;
}

function accessDifferences(left: RowView, right: RowView): readonly Difference[] {
  const a = left.accesses.filter((access) => access.verb === "reads");
  const b = right.accesses.filter((access) => access.verb === "reads");
  return a.flatMap((access, i) => {
    const other = b[i];
    if (other === undefined || (other.value === access.value && other.stale === access.stale)) return [];
    const words = ({ value, stale }: typeof access): string => `${spellBytes(value)}${stale ? ", stale" : ""}`;
    return [{ what: `${readers[access.agent]} reads ${left.row.name}`, left: words(access), right: words(other) }];
  });
}

const readers: Readonly<Record<Agent, string>> = {
  cpu: "The kernel",
  user: "The application",
  device: "The device",
  environment: "The cache",
};

function mappingDifferences(left: ReplayState, right: ReplayState): readonly Difference[] {
  const keyed = (state: ReplayState): ReadonlyMap<string, Mapping> =>
    new Map([...state.mappings.values()].map((mapping) => [`${mapping.space} mapping of ${mapping.name}`, mapping]));
  const a = keyed(left);
  const b = keyed(right);
  return [...new Set([...a.keys(), ...b.keys()])].flatMap((what) => {
    const words = (mapping: Mapping | undefined): string => mapping?.attribute ?? "none";
    const [one, other] = [words(a.get(what)), words(b.get(what))];
    return one === other ? [] : [{ what, left: one, right: other }];
  });
}
