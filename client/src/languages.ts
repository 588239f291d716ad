/** Which documents DMA Lens looks at. */
import type { DocumentSelector, TextDocument } from "vscode";

/** Documents that a person edits; not those of a diff's left side, of output channels or of notebooks. */
const schemes = ["file", "untitled", "vscode-remote", "vscode-vfs"] as const;
const languages = ["c", "typescript"] as const;

export const documentSelector = schemes.flatMap((scheme) => languages.map((language) => ({ scheme, language })));

/** For what is shown beside a document: the same, as VS Code's own type. */
export const shownSelector: DocumentSelector = documentSelector;

const snippetImport = /["']dma-lens\/kernel["']/;

/** Whether a document is worth a server: C, or TypeScript that imports the kernel's names. Other TypeScript starts nothing. */
export function needsServer(document: TextDocument): boolean {
  if (!schemes.some((scheme) => scheme === document.uri.scheme)) return false;
  return (
    document.languageId === "c" || (document.languageId === "typescript" && snippetImport.test(document.getText()))
  );
}
