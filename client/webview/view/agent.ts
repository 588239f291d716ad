import type { Agent } from "@dma-lens/engine/trace";

/** Who acts, as the panel calls them. */
export const agentName = (agent: Agent): string =>
  ({ cpu: "Kernel", user: "App", device: "Device", environment: "Cache" })[agent];
