/** The sample driver: copied, so that trying fixes leaves the extension as it was installed. */
import { type ExtensionContext, Uri, window, workspace } from "vscode";

export async function openSample(context: ExtensionContext): Promise<void> {
  const source = Uri.joinPath(context.extensionUri, "samples", "driver");
  const target = Uri.joinPath(context.globalStorageUri, "sample-driver");
  await workspace.fs.createDirectory(context.globalStorageUri);
  await workspace.fs.copy(source, target, { overwrite: true });
  await window.showTextDocument(Uri.joinPath(target, "sampler-data.c"));
}
