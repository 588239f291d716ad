/** Opens the replay that a link names: from outside by the system, or pasted. */
import { env, Uri, window, workspace } from "vscode";
import type { PanelState } from "../../shared/protocol.ts";
import { linkOfState, linkText, parseLink, stateOfLink } from "../../shared/replay-link.ts";

/** Where links of this editor lead to: "vscode://dma-lens.dma-lens". */
export const linkBase = (extension: string): string => `${env.uriScheme}://${extension}`;

/** The link to what a panel shows; undefined for a trace file, and for a driver outside of the workspace. */
export function linkTo(base: string, state: PanelState): string | undefined {
  const uri = Uri.parse(state.uri, true);
  if (workspace.getWorkspaceFolder(uri) === undefined) return undefined;
  const link = linkOfState(state, workspace.asRelativePath(uri, false));
  return link && linkText(base, link);
}

/** What a panel is to show. Rejects with a sentence for people when the text is no link, or its file is not in this workspace. */
export async function resolveLink(text: string): Promise<PanelState> {
  const link = parseLink(text);
  if (link === undefined) throw new Error("This is no link to a replay.");
  for (const folder of workspace.workspaceFolders ?? []) {
    const uri = Uri.joinPath(folder.uri, link.file);
    try {
      await workspace.fs.stat(uri);
    } catch {
      continue;
    }
    return stateOfLink(link, uri.toString());
  }
  throw new Error(`The link's file ${link.file} is not in this workspace: open the folder that holds it first.`);
}

/** Asks for a link; the clipboard's is there already, if it is one. */
export async function askForLink(): Promise<string | undefined> {
  const copied = await env.clipboard.readText();
  return window.showInputBox({
    title: "Open a replay link",
    prompt: "A link as the replay panel copies it",
    ...(parseLink(copied) !== undefined && { value: copied.trim() }),
    validateInput: (text) => (parseLink(text) === undefined ? "This is no link to a replay." : undefined),
  });
}
