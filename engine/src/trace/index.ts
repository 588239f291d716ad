/** All that the panel needs of the engine. */
export * from "./compare.ts";
export * from "./markdown.ts";
export * from "./origin.ts";
export * from "./picture.ts";
export * from "./state.ts";
export * from "./svg.ts";
export * from "./timeline.ts";
export type * from "./trace.ts";
