import type { Engine } from "./engine.ts";

/** The engine. A promise, so that a host can have its first answer out before the engine is read. */
export async function loadEngine(): Promise<Engine> {
  const { engine } = await import("@dma-lens/engine");
  return engine;
}
