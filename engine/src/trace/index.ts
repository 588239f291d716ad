/** All that the panel needs of the engine. */
export * from "./origin.ts";
export * from "./picture.ts";
export * from "./state.ts";
export * from "./timeline.ts";
export type * from "./trace.ts";
