/** The pages of the rules, which come with the extension. */
import { commands, type ExtensionContext, FileType, Uri, window, workspace } from "vscode";

/** Shows the page of a rule; asks which one, when none is named. */
export async function explainRule(context: ExtensionContext, rule: string | undefined): Promise<void> {
  const folder = Uri.joinPath(context.extensionUri, "docs", "rules");
  const name = rule ?? (await pickRule(folder));
  if (name === undefined) return;
  // Only a plain name is a page: what comes from elsewhere must not lead out of the folder.
  const page = /^(?:dma\/)?([a-z0-9-]+(?:\/[a-z0-9-]+)?)$/.exec(name)?.[1]?.replace("/", "-");
  if (page === undefined) return;
  const file = Uri.joinPath(folder, `${page}.md`);
  try {
    await workspace.fs.stat(file);
  } catch {
    void window.showWarningMessage(`DMA Lens has no page about ${name}.`);
    return;
  }
  try {
    await commands.executeCommand("markdown.showPreviewToSide", file);
  } catch {
    // The Markdown extension may be switched off.
    await window.showTextDocument(file, { preview: true });
  }
}

async function pickRule(folder: Uri): Promise<string | undefined> {
  const entries = await workspace.fs.readDirectory(folder);
  const pages = entries
    .filter(([name, type]) => (type & FileType.File) !== 0 && name.endsWith(".md") && name !== "README.md")
    .map(([name]) => name.replace(/\.md$/, ""))
    .sort();
  return window.showQuickPick(pages, { title: "Explain which rule?" });
}
