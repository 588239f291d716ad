/** Shared by the rules on coherent memory: what counts as such, and which conversions a stronger finding already speaks for. */
import { isMessage } from "../../kernel/inert.ts";
import { KnownOf } from "../../program/dependencies.ts";
import type { CallStatement, Expression, PathStep, ProgramFunction } from "../../program/program.ts";
import type { ApiCall, Facts, Origin } from "../facts.ts";
import { placesIn } from "../flow/finding-path.ts";
import { flowOf } from "../flow/flow.ts";
import { isCoherentKind } from "../values/api-names.ts";
import { forbiddenOrigins, type Verdict } from "../values/judgement.ts";
import { mayHoldCoherent } from "../values/possible-kinds.ts";
import { peel } from "../values/local-evaluation.ts";
import { listNames } from "../streaming/scatter-lists.ts";
import { type UserMapping, userMappings } from "../aliases/user-mapping.ts";

/** Memory whose CPU pointer is not in the linear map for certain: dma_alloc_coherent() and its kin, and ALSA's. */
export function isCoherentMemory(origin: Origin): boolean {
  return isCoherentKind(origin.kind);
}

export function isDmaHandle(origin: Origin): boolean {
  return /^dma-(coherent|pool|streaming|noncoherent)$/.test(origin.kind);
}

/** Linear-map arithmetic on a pointer. */
export function isLinearConversion(conversion: Origin["conversions"][number]): boolean {
  return conversion === "page" || conversion === "phys" || conversion === "pfn" || conversion === "bus";
}

/** The pointer itself, or one into the same memory: nothing was made of it yet. */
export function isPointer(origin: Origin): boolean {
  return origin.conversions.every((one) => one === "offset");
}

export interface MappingVerdict extends Verdict {
  readonly mapping: UserMapping;
}

/** How a user mapping of coherent memory goes wrong; one call has one answer. */
export interface MappingWrongs {
  /** The frame number is a shifted DMA address. */
  readonly handles: readonly MappingVerdict[];
  /** The frame was computed from the CPU pointer, or the right frame is mapped by hand. */
  readonly frames: readonly MappingVerdict[];
  /** The right frame with the cached default. */
  readonly cached: readonly MappingVerdict[];
}

const mappingWrongs = new KnownOf<Facts, MappingWrongs>();

export function coherentMappings(facts: Facts): MappingWrongs {
  const known = mappingWrongs.get(facts);
  if (known) return known;
  const handles: MappingVerdict[] = [];
  const frames: MappingVerdict[] = [];
  const cached: MappingVerdict[] = [];
  for (const mapping of userMappings(facts)) {
    const judge = (forbidden: (origin: Origin) => boolean): readonly MappingVerdict[] =>
      forbiddenOrigins(mapping.value, forbidden).map((one) => ({ ...one, mapping }));
    const bad = judge((origin) => isDmaHandle(origin) || (isCoherentMemory(origin) && !isPointer(origin)));
    for (const one of bad) {
      const { conversions } = one.origin;
      const right = conversions.includes("frame") || conversions.includes("vmalloc-page");
      if (isDmaHandle(one.origin) && !right) handles.push(one);
      else if (right && mapping.protection.kind === "cached") cached.push(one);
      else frames.push(one);
    }
    if (mapping.exporter !== undefined)
      for (const one of judge((origin) => isCoherentMemory(origin) && isPointer(origin))) frames.push(one);
  }
  const result = { handles, frames, cached };
  mappingWrongs.set(facts, result);
  return result;
}

/** A scatterlist entry that is set to coherent memory: by its pointer, or by a page made of it. */
export interface CoherentEntry extends Verdict {
  readonly call: ApiCall;
  readonly subject: Expression;
  /** Whether dma_map_sg() gets the list; else it is only a place where the driver keeps a page, and the page is wrong. */
  readonly mapped: boolean;
}

const allEntries = new KnownOf<Facts, readonly CoherentEntry[]>();

/** Entries of lists that are mapped for DMA. */
export function coherentEntries(facts: Facts): readonly CoherentEntry[] {
  return entriesOf(facts).filter((one) => one.mapped);
}

/** Entries that sg_set_buf() and kin make of the pointer in lists that nobody maps. */
export function coherentNotes(facts: Facts): readonly CoherentEntry[] {
  return entriesOf(facts).filter((one) => !one.mapped);
}

function entriesOf(facts: Facts): readonly CoherentEntry[] {
  const known = allEntries.get(facts);
  if (known) return known;
  const entries: CoherentEntry[] = [];
  for (const call of mayHoldCoherent(facts) ? facts.callsWith("sg-set") : []) {
    // A table of coherent memory to hand over has its own law: dma/get-sgtable-remap.
    if (call.name.startsWith("dma_get_sgtable")) continue;
    const point = { function: call.function, statement: call.statement.id };
    const pointer = call.argument("cpu") ?? call.argument("data");
    const subject = pointer ?? call.argument("page");
    if (!subject) continue;
    const verdicts = forbiddenOrigins(facts.valueOf(point, subject), (origin) =>
      pointer
        ? isCoherentMemory(origin) && isPointer(origin)
        : isCoherentMemory(origin) && origin.conversions.some(isLinearConversion),
    );
    const mapped = verdicts.length > 0 && isMappedLater(facts, call);
    // Where a page was made by hand and nobody maps the list, the conversion itself is what is reported.
    if (mapped || pointer) for (const one of verdicts) entries.push({ ...one, call, subject, mapped });
  }
  allEntries.set(facts, entries);
  return entries;
}

/** Whether the list that the entry belongs to is handed to dma_map_sg() anywhere in the driver. */
function isMappedLater(facts: Facts, call: ApiCall): boolean {
  const table = call.argument("sg");
  if (!table) return false;
  const names = listNames(facts, call.function, call.statement, table);
  return facts.callsWith("map-sg").some((other) => {
    const argument = other.argument("sg") ?? other.argument("sgt");
    if (!argument) return false;
    return [...listNames(facts, other.function, other.statement, argument)].some((name) => names.has(name));
  });
}

/** Calls of the streaming API on coherent memory: by pointer, or by a page made of it. */
export interface CoherentRemap extends Verdict {
  readonly call: ApiCall;
  readonly subject: Expression;
}

export function coherentRemaps(facts: Facts): readonly CoherentRemap[] {
  const remaps: CoherentRemap[] = [];
  if (!mayHoldCoherent(facts)) return remaps;
  for (const call of facts.callsWith("map-streaming")) {
    const pointer = call.argument("cpu") ?? call.argument("data");
    const subject = pointer ?? call.argument("page");
    if (!subject) continue;
    const value = facts.valueOf({ function: call.function, statement: call.statement.id }, subject);
    const verdicts = forbiddenOrigins(value, (origin) =>
      pointer
        ? isCoherentMemory(origin) && isPointer(origin)
        : isCoherentMemory(origin) && origin.conversions.some(isLinearConversion),
    );
    for (const one of verdicts) remaps.push({ ...one, call, subject });
  }
  return remaps;
}

/**
 * Conversions (as "file:start" of the call) that lie on the path of a stronger finding: one fact is told once, where it does harm.
 */
export function claimedConversions(facts: Facts): ReadonlySet<string> {
  const { handles, frames, cached } = coherentMappings(facts);
  const paths: (readonly PathStep[])[] = [
    ...[...handles, ...frames, ...cached].map((one) => one.origin.path),
    ...coherentEntries(facts).map((one) => one.origin.path),
    ...coherentRemaps(facts).map((one) => one.origin.path),
  ];
  return new Set(paths.flat().map((step) => `${step.file}:${step.start}`));
}

/** Whether a call's result only goes into messages or comparisons: the number is told, not used. */
export function isOnlyShown(owner: ProgramFunction, call: CallStatement): boolean {
  const { result } = call;
  if (result?.root.kind !== "variable" || result.steps.length > 0) return false;
  const carriers = new Set([result.root.id]);
  const mentions = (expressions: readonly Expression[]): boolean =>
    expressions.some((expression) => {
      const one = peel(expression);
      const places = one.kind === "address" ? [one.place] : placesIn(expression);
      return places.some((place) => place.root.kind === "variable" && carriers.has(place.root.id));
    });
  let shown = false;
  for (const id of flowOf(owner).order) {
    const block = owner.blocks[id];
    for (const statement of block?.statements ?? []) {
      if (statement.kind === "call" && statement !== call && mentions(statement.arguments)) {
        if (statement.callee.kind !== "direct" || !isMessage(statement.callee.name)) return false;
        shown = true;
      } else if (statement.kind === "assign" && mentions([statement.value])) {
        const { root, steps } = statement.target;
        if (root.kind !== "variable" || steps.length > 0) return false;
        carriers.add(root.id);
      }
    }
    if (block?.terminator.kind === "return" && block.terminator.value && mentions([block.terminator.value]))
      return false;
  }
  return shown;
}
