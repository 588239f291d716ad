/** Saves what a panel shows, or copies it: the trace, a page, the picture of a step, text for a mail. */
import { markdownOf, svgOf, timelineOf } from "@dma-lens/engine/trace";
import { createHash } from "node:crypto";
import { env, Uri, window, workspace } from "vscode";
import { exportPage } from "../../shared/export-page.ts";
import type { ExportFormat, HostMessage, Unversioned } from "../../shared/protocol.ts";

export interface Exported {
  readonly run: Extract<Unversioned<HostMessage>, { kind: "init" }>;
  /** Index of the step that is shown. */
  readonly step: number;
  readonly link: string | undefined;
  /** The extension's folder. */
  readonly extension: Uri;
}

const kinds = {
  json: { ending: "json", filter: "DMA Lens traces", done: "The trace" },
  html: { ending: "html", filter: "Pages", done: "The page" },
  svg: { ending: "svg", filter: "Pictures", done: "The picture" },
  markdown: { ending: "md", filter: "Markdown", done: "The text" },
} as const;

/** Resolves to what was done, as a sentence; undefined when the user gave it up. */
export async function exportReplay(
  exported: Exported,
  format: ExportFormat,
  to: "file" | "clipboard",
): Promise<string | undefined> {
  const { ending, filter, done } = kinds[format];
  const text = await textOf(exported, format);
  if (to === "clipboard") {
    await env.clipboard.writeText(text);
    return `${done} is in the clipboard.`;
  }
  const { trace } = exported.run.replay;
  const step = format === "svg" ? `-step-${exported.step + 1}` : "";
  const name = `${(trace?.rule ?? "trace").replaceAll("/", "-")}-${exported.run.replay.platform}${step}.${ending}`;
  const folder = workspace.workspaceFolders?.[0]?.uri;
  const target = await window.showSaveDialog({
    title: `Save as ${ending.toUpperCase()}`,
    filters: { [filter]: [ending] },
    ...(folder !== undefined && { defaultUri: Uri.joinPath(folder, name) }),
  });
  if (target === undefined) return undefined;
  await workspace.fs.writeFile(target, new TextEncoder().encode(text));
  return `${done} is in ${workspace.asRelativePath(target)}.`;
}

async function textOf({ run, step, link, extension }: Exported, format: ExportFormat): Promise<string> {
  const { trace } = run.replay;
  if (trace === undefined) throw new Error("There is no run to save: it could not be executed.");
  const words = {
    step: Math.min(step, timelineOf(trace).length - 1),
    ...(run.finding !== undefined && { message: run.finding.message }),
    ...(link !== undefined && { link }),
  };
  switch (format) {
    case "json":
      return `${JSON.stringify(trace, undefined, 2)}\n`;
    case "svg":
      return svgOf(trace, words.step);
    case "markdown":
      return markdownOf(trace, words);
    case "html": {
      const read = async (name: string): Promise<string> =>
        new TextDecoder().decode(await workspace.fs.readFile(Uri.joinPath(extension, "dist", name)));
      return exportPage({
        title: run.finding?.message ?? trace.title,
        // Nothing of the sender's machine: names in the workspace are all that the run tells.
        run: { ...run, toggles: [], state: { ...run.state, uri: "file:///", step } },
        script: await read("webview.js"),
        style: await read("webview.css"),
        plain: markdownOf(trace, words),
        hash: (content) => createHash("sha256").update(content).digest("base64"),
      });
    }
  }
}
