/**
 * Calls of dma_mmap_coherent() and kin whose size is the VMA's length: the API takes the size of the allocation, and the VMA says
 * itself how much of it is wanted (kernel/dma/mapping.c:536-564, kernel/dma/direct.c:542-564, linux 6.12.117).
 */
import type { Expression, Place, ProgramFunction, Statement, VariableId } from "../../program/program.ts";
import { expressionsOf, expressionsOfTerminator, readsOf } from "../../program/visit.ts";
import type { ApiCall, Facts } from "../facts.ts";

export interface VmaLengthCall {
  readonly call: ApiCall;
  readonly size: Expression;
}

const calls = [
  "dma_mmap_coherent",
  "dma_mmap_attrs",
  "dma_mmap_wc",
  "dma_mmap_writecombine",
  "dma_mmap_pages",
  "dma_mmap_noncontiguous",
];

/** Silent where the function, or one that calls it, tests or sets vm_pgoff, or allocates memory of the VMA's length itself. */
export function vmaLengthCalls(facts: Facts): readonly VmaLengthCall[] {
  if (!calls.some((name) => facts.callsTo(name).length > 0)) return [];
  const found: VmaLengthCall[] = [];
  for (const call of facts.callsWith("map-user")) {
    if (!calls.includes(call.name)) continue;
    const size = call.argument("size");
    const { function: owner } = call;
    if (!size) continue;
    const lengths = lengthVariables(owner);
    if (!isLength(size, lengths)) continue;
    const above = [owner, ...facts.unit.callersOf(owner).map((site) => site.caller)];
    if (above.some(knowsOffset) || allocates(facts, owner, lengths)) continue;
    found.push({ call, size });
  }
  return found;
}

/** All statements of a function. */
export function statementsOf(owner: ProgramFunction): readonly Statement[] {
  return owner.blocks.flatMap((block) => block.statements);
}

/** Locals that hold `vma->vm_end - vma->vm_start`, or vma_pages() of it. */
export function lengthVariables(owner: ProgramFunction): ReadonlySet<VariableId> {
  const lengths = new Set<VariableId>();
  for (let round = 0; round < 2; round++)
    for (const statement of statementsOf(owner)) {
      if (statement.kind === "call" && statement.callee.kind === "direct" && statement.callee.name === "vma_pages")
        add(lengths, statement.result);
      if (statement.kind === "assign" && isLength(statement.value, lengths)) add(lengths, statement.target);
    }
  return lengths;
}

function add(lengths: Set<VariableId>, place: Place | undefined): void {
  if (place?.root.kind === "variable" && place.steps.length === 0) lengths.add(place.root.id);
}

/** Whether the expression is the VMA's length. */
export function isLength(expression: Expression, lengths: ReadonlySet<VariableId>): boolean {
  const places = readsOf(expression);
  const names = places.map(fieldOf);
  if (names.includes("vm_end") && names.includes("vm_start")) return true;
  const [only] = places;
  return places.length === 1 && only?.root.kind === "variable" && only.steps.length === 0 && lengths.has(only.root.id);
}

/** The last member that a place names. */
export function fieldOf(place: Place): string | undefined {
  const last = place.steps.at(-1);
  return last?.kind === "field" ? last.name : undefined;
}

function knowsOffset(owner: ProgramFunction): boolean {
  const expressions = owner.blocks.flatMap((block) => [
    ...block.statements.flatMap(expressionsOf),
    ...expressionsOfTerminator(block.terminator),
  ]);
  return (
    expressions.some((one) => readsOf(one).some((place) => fieldOf(place) === "vm_pgoff")) ||
    statementsOf(owner).some((one) => one.kind === "assign" && fieldOf(one.target) === "vm_pgoff")
  );
}

/** Memory that is made for this VMA has its length. */
function allocates(facts: Facts, owner: ProgramFunction, lengths: ReadonlySet<VariableId>): boolean {
  return statementsOf(owner).some(
    (one) =>
      one.kind === "call" &&
      facts.apiOf(owner, one)?.effect !== "map-user" &&
      one.callee.kind === "direct" &&
      /alloc|_get_free_pages/.test(one.callee.name) &&
      one.arguments.some((argument) => isLength(argument, lengths)),
  );
}
