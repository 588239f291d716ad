/** `workspace/executeCommand`, for clients without this extension: they get the outcome of a replay as a message. */
import { type ExecuteCommandParams, MessageType, ShowMessageNotification } from "vscode-languageserver/node";
import type { Handler } from "./context.ts";
import { replay } from "./replay.ts";

/** Arguments as of `dmaLens.replay`: the document's URI, the finding's fingerprint, and optionally a platform's id. */
export const replayCommand = "dmaLens.server.replay";

/** Shows what happened, and returns the trace. */
export const executeCommand: Handler<ExecuteCommandParams, unknown> = async (context, params, token) => {
  if (params.command !== replayCommand) return null;
  const [uri, finding, platform] = (params.arguments ?? []).map((value: unknown) => value);
  const result = await replay(context, { textDocument: { uri }, finding, platform }, token);
  const { sentence, trace } = result.replay;
  const outcome = trace === undefined || trace.outcome.sentence === sentence ? "" : ` ${trace.outcome.sentence}`;
  const message = `${trace?.platform.title ?? result.replay.platform}: ${sentence}${outcome}`;
  await context.connection.sendNotification(ShowMessageNotification.type, { type: MessageType.Info, message });
  return trace ?? null;
};
