/** The configurations that one line may be in, each with the environment steps that lead to it. */
import type { EnvironmentAction } from "../machine/action.ts";
import { bytesText } from "../machine/address.ts";
import {
  cloneLine,
  copyKey,
  findCopy,
  granuleMask,
  type LineState,
  type LineStep,
  linesEqual,
  transition,
} from "../machine/line.ts";
import type { MachineModel } from "../machine/model.ts";

export interface Configuration {
  readonly state: LineState;
  readonly history: History | undefined;
}

/** How a configuration came to be: environment steps, newest first. */
export interface History {
  readonly before: History | undefined;
  /** Orders the steps of all lines among each other. */
  readonly tick: number;
  /** Index of the agent action that the step comes before. */
  readonly at: number;
  readonly step: EnvironmentAction;
  /** Steps up to here. */
  readonly length: number;
}

/** Makes the history that one more step leads to. */
export type Record = (before: History | undefined, step: EnvironmentAction) => History;

/**
 * Adds to `known` whatever the environment may make of it by itself. `addresses` are the cacheable virtual addresses of the line. False where
 * there was more than is kept.
 */
export function close(
  model: MachineModel,
  addresses: readonly number[],
  known: Configuration[],
  record: Record,
): boolean {
  const { loadFill, storeDirty } = model.speculation;
  const all = granuleMask(model, 0, model.cache.lineBytes);
  const reach = (from: Configuration, change: LineStep, step: EnvironmentAction): void => {
    const state = cloneLine(from.state);
    transition(model, state, change);
    if (!known.some((other) => linesEqual(other.state, state)))
      known.push({ state, history: record(from.history, step) });
  };
  // The list grows while it is walked; every configuration is expanded once.
  for (let i = 0; i < known.length; i++) {
    if (known.length > mostConfigurations) return false;
    const from = known[i];
    if (from === undefined) break;
    const { physical, copies, pending } = from.state;
    for (const { key, virtual } of copies) reach(from, { kind: "evict", key }, { kind: "evict", physical, virtual });
    if (pending.length > 0) reach(from, { kind: "drain" }, { kind: "drain", physical });
    if (!loadFill && !storeDirty) continue;
    for (const virtual of addresses) {
      const key = copyKey(model, virtual);
      const copy = findCopy(from.state, key);
      if (loadFill && copy === undefined) {
        reach(from, { kind: "fill", key, virtual }, { kind: "fill", physical, virtual });
      }
      if (storeDirty && copy?.dirty !== all) {
        reach(from, { kind: "fill", key, virtual, dirty: true }, { kind: "soil", physical, virtual });
      }
    }
  }
  return true;
}

/** Each state once, by the shortest way to it, the shortest ways first. */
export function distinct(configurations: readonly Configuration[]): Configuration[] {
  const kept: Configuration[] = [];
  for (const one of [...configurations].sort((a, b) => lengthOf(a) - lengthOf(b))) {
    if (!kept.some((other) => linesEqual(other.state, one.state))) kept.push(one);
  }
  return kept;
}

export function shortest(configurations: readonly Configuration[]): Configuration | undefined {
  let best: Configuration | undefined;
  for (const one of configurations) if (best === undefined || lengthOf(one) < lengthOf(best)) best = one;
  return best;
}

/** Equal for equal sets. */
export function configurationsKey(configurations: readonly Configuration[]): string {
  const states = configurations.map(({ state: { ram, copies, pending } }) => {
    const cached = copies.map(({ key, dirty, data }) => `${key}.${dirty}.${bytesText(data)}`).sort();
    const late = pending.map(({ offset, bytes, copy }) => `${offset}.${copy?.key ?? ""}.${bytesText(bytes)}`);
    return `${bytesText(ram)},${cached.join("/")},${late.join("/")}`;
  });
  return states.sort().join(" ");
}

/** Copies, fills and drains of one line make a handful of configurations; this bounds what a long run of unfenced stores could make. */
const mostConfigurations = 256;

function lengthOf(configuration: Configuration): number {
  return configuration.history?.length ?? 0;
}
