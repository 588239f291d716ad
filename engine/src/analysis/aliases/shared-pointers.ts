/**
 * PCM buffers of memory that needs syncs, in drivers that let the application move its pointer behind the kernel's back. ALSA lets a
 * process map the status and control records unless the hardware's info says SNDRV_PCM_INFO_EXPLICIT_SYNC (or SYNC_APPLPTR); then each
 * move goes through an ioctl, and the core syncs the samples (sound/core/pcm_native.c:2808-2813, 3778-3810, linux 6.12.117).
 */
import type { CallStatement, Expression, ProgramFunction, Statement } from "../../program/program.ts";
import { typeOf } from "../../program/visit.ts";
import type { Facts } from "../facts.ts";
import { symbolName } from "../values/api-effects.ts";
import { fieldKey } from "../values/field-keys.ts";
import { peel } from "../values/local-evaluation.ts";
import { workingsOf } from "../unit-facts.ts";

export interface SharedPointers {
  readonly function: ProgramFunction;
  readonly statement: Statement;
  /** "never-set": the buffer is not managed, so the core does not set the flag; the others take the core's flag away. */
  readonly how: "never-set" | "cleared" | "overwritten";
  /** The buffer's allocation, with its type as the call names it. */
  readonly buffer: { readonly function: ProgramFunction; readonly statement: CallStatement; readonly name: string };
  readonly type: string;
}

/** Place of the type; the core sets the flag by itself for the managed ones (pcm_memory.c: preallocate_pages(), managed). */
const allocators: Readonly<Record<string, { readonly type: number; readonly managed: boolean }>> = {
  snd_pcm_lib_preallocate_pages: { type: 1, managed: false },
  snd_pcm_lib_preallocate_pages_for_all: { type: 1, managed: false },
  snd_dma_alloc_pages: { type: 0, managed: false },
  snd_dma_alloc_dir_pages: { type: 0, managed: false },
  snd_pcm_set_managed_buffer: { type: 1, managed: true },
  snd_pcm_set_managed_buffer_all: { type: 1, managed: true },
  snd_pcm_set_fixed_buffer: { type: 1, managed: true },
  snd_pcm_set_fixed_buffer_all: { type: 1, managed: true },
};
/** Buffers that the CPU has cached and the device does not see: include/sound/memalloc.h:43-57. */
const synced = new Set(["SNDRV_DMA_TYPE_NONCONTIG", "SNDRV_DMA_TYPE_NONCOHERENT"]);
const flags = ["SNDRV_PCM_INFO_EXPLICIT_SYNC", "SNDRV_PCM_INFO_SYNC_APPLPTR"];

/** All of them, by allocator, file and place. */
export function sharedPointers(facts: Facts): readonly SharedPointers[] {
  const buffers = Object.entries(allocators).flatMap(([name, { type, managed }]) =>
    facts.callsTo(name).flatMap(({ function: owner, statement }) => {
      const argument = statement.arguments[type];
      const kind = argument && symbolName(argument);
      if (kind === undefined || !synced.has(kind) || !facts.apiOf(owner, statement)) return [];
      return [{ buffer: { function: owner, statement, name }, type: kind, managed }];
    }),
  );
  if (buffers.length === 0) return [];
  const changes = infoChanges(facts);
  const setsFlag = mentionsFlag(facts) && !changes.some(({ how }) => how === "cleared");
  return buffers.flatMap(({ buffer, type, managed }): readonly SharedPointers[] => {
    if (setsFlag) return [];
    if (!managed) return [{ ...buffer, how: "never-set", buffer, type }];
    return changes.map((change) => ({ ...change, buffer, type }));
  });
}

/**
 * Whether the unit says one of the flags anywhere: mostly in the initialiser of its struct snd_pcm_hardware, whose values the program does
 * not keep. The text decides about silence alone, never about a finding.
 */
function mentionsFlag(facts: Facts): boolean {
  return [...facts.unit.files.values()].some(({ text }) => {
    if (!flags.some((flag) => text.includes(flag))) return false;
    const code = text.replace(/\/\*[\s\S]*?\*\/|\/\/.*$/gm, "");
    return flags.some((flag) => code.includes(flag));
  });
}

/**
 * Stores to the runtime's hardware info that take the flag away: cleared by name, or overwritten by an operation that runs after the open,
 * which is when the core sets it.
 */
function infoChanges(facts: Facts): readonly Pick<SharedPointers, "function" | "statement" | "how">[] {
  const { index } = workingsOf(facts);
  const found: Pick<SharedPointers, "function" | "statement" | "how">[] = [];
  const later = laterOperations(facts);
  for (const key of ["snd_pcm_hardware.info", "snd_pcm_runtime.hw"])
    for (const { function: owner, statement } of index.storesTo(key)) {
      if (statement.kind !== "assign") continue;
      if (clearsFlag(statement.value)) found.push({ function: owner, statement, how: "cleared" });
      else if (later.has(owner) && !readsInfo(statement.value) && isRuntime(statement))
        found.push({ function: owner, statement, how: "overwritten" });
    }
  return found;
}

/** PCM operations between the open and the close: include/sound/pcm.h, struct snd_pcm_ops. */
const afterOpen = new Set(["hw_params", "hw_free", "prepare", "trigger", "pointer", "ack"]);

function laterOperations(facts: Facts): ReadonlySet<ProgramFunction> {
  const later = new Set<ProgramFunction>();
  for (const table of facts.unit.opsTables)
    for (const { field, value } of table.entries) {
      const target = afterOpen.has(field) ? facts.unit.functionNamed(value, table.file) : undefined;
      if (target) later.add(target);
    }
  for (const one of later) for (const { target } of facts.unit.calleesOf(one)) later.add(target);
  return later;
}

/** `info & ~SNDRV_PCM_INFO_EXPLICIT_SYNC`. */
function clearsFlag(expression: Expression): boolean {
  const one = peel(expression);
  if (one.kind !== "binary") return false;
  if (one.operator !== "&") return clearsFlag(one.left) || clearsFlag(one.right);
  return [one.left, one.right].some((side) => {
    const mask = peel(side);
    return mask.kind === "unary" && mask.operator === "~" && symbolName(peel(mask.operand)) === flags[0];
  });
}

/** `info |= ...`, `info &= ...`: what was in it stays as far as the mask lets it. */
function readsInfo(expression: Expression): boolean {
  const one = peel(expression);
  if (one.kind === "read") return fieldKey(one.place.steps) === "snd_pcm_hardware.info";
  return one.kind === "binary" && (readsInfo(one.left) || readsInfo(one.right));
}

/** The store goes to a stream's own copy, not to the driver's template. */
function isRuntime(statement: Statement & { readonly kind: "assign" }): boolean {
  const { steps, root } = statement.target;
  const through = steps.some((step) => step.kind === "field" && step.name === "hw");
  return through && (root.kind === "variable" || typeOf(statement.value).kind !== "unknown");
}
