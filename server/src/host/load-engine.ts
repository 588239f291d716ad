import type { Engine } from "./engine.ts";

/** The engine. A promise, so that a host can have its first answer out before the engine is read. */
export function loadEngine(): Promise<Engine> {
  return Promise.reject(new Error("This build has no engine"));
}
