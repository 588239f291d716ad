/** The state of one mapping on its way through a function, and how two ways come together. */

/** What is known of one mapping at a point of a way: who has it, and under which names. */
export interface State {
  readonly device: boolean;
  readonly life: Life;
  readonly handles: ReadonlySet<string>;
  readonly derived: ReadonlySet<string>;
  /** Objects whose memory is the buffer, with the buffer's path in them. */
  readonly buffers: ReadonlyMap<string, string>;
  readonly truths: ReadonlyMap<string, boolean>;
}

/** Whether the mapping is in place: certainly, certainly not any more, or whoever was called may have ended it. */
export type Life = "mapped" | "unmapped" | "unsure";

/** The handle, or something computed from nothing but it: `cpu_to_le32(handle)`, `handle + 2`; or what contains one of `telling`. */
export function isHandle(text: string, state: State, telling: Iterable<string> = []): boolean {
  for (const handle of state.handles) if (text.includes(handle)) return true;
  for (const name of telling) if (text.includes(name)) return true;
  return false;
}

/** The handle, or something that it went into: what a call made of it. */
export function mentions(text: string, state: State): boolean {
  return isHandle(text, state, state.derived);
}

/** The state without names that are made anew. */
export function withoutNames(state: State, names: readonly string[]): State {
  const kept = (name: string): boolean => !names.some((made) => name.includes(made));
  const all =
    [...state.handles].every(kept) &&
    [...state.derived].every(kept) &&
    [...state.buffers].every(([object, path]) => kept(object + path)) &&
    [...state.truths.keys()].every(kept);
  if (all) return state;
  return {
    device: state.device,
    life: state.life,
    handles: new Set([...state.handles].filter(kept)),
    derived: new Set([...state.derived].filter(kept)),
    buffers: new Map([...state.buffers].filter(([object, path]) => kept(object + path))),
    truths: new Map([...state.truths].filter(([name]) => kept(name))),
  };
}

/** What holds on both ways: any name of the handle, only the common names of the buffer, only the common truths. */
export function merge(known: State, next: State): State {
  const handles = new Set([...known.handles, ...next.handles]);
  const derived = new Set([...known.derived, ...next.derived]);
  const buffers = new Map([...known.buffers].filter(([object, path]) => next.buffers.get(object) === path));
  const truths = new Map([...known.truths].filter(([name, truth]) => next.truths.get(name) === truth));
  const same =
    handles.size === known.handles.size &&
    derived.size === known.derived.size &&
    buffers.size === known.buffers.size &&
    truths.size === known.truths.size;
  return same ? known : { device: known.device, life: known.life, handles, derived, buffers, truths };
}
