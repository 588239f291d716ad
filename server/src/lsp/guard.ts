/** Each request is wrapped once: an error of the engine becomes a line in the log and an empty answer, never a crash. */
import { type CancellationToken, ErrorCodes, ResponseError } from "vscode-languageserver/node";
import { NothingToReplay } from "../host/unit-store.ts";
import type { Handler, ServerContext } from "./context.ts";

/** For requests of LSP: the client gets `fallback` and goes on. */
export function guarded<P, R>(
  contextOf: () => ServerContext,
  what: string,
  handler: Handler<P, R>,
  fallback: (params: P) => R,
): (params: P, token: CancellationToken) => Promise<R> {
  return async (params, token) => {
    const context = contextOf();
    try {
      return await handler(context, params, token);
    } catch (error) {
      if (error instanceof ResponseError) throw error;
      if (!(error instanceof NothingToReplay)) context.log(describe(what, error));
      return fallback(params);
    }
  };
}

/** For our own requests: somebody waits for the answer, so the failure is told as a sentence. */
export function answered<P, R>(
  contextOf: () => ServerContext,
  what: string,
  handler: Handler<P, R>,
): (params: P, token: CancellationToken) => Promise<R> {
  return async (params, token) => {
    const context = contextOf();
    try {
      return await handler(context, params, token);
    } catch (error) {
      if (error instanceof ResponseError) throw error;
      if (error instanceof NothingToReplay) throw new ResponseError(ErrorCodes.InvalidRequest, error.message);
      context.log(describe(what, error));
      throw new ResponseError(ErrorCodes.InternalError, "This failed inside DMA Lens; its output has the details.");
    }
  };
}

export function describe(what: string, error: unknown): string {
  return `${what} failed: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`;
}
