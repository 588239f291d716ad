/**
 * A replay as one file that opens in any browser: the panel's own script and style, and the run as data. Nothing is loaded from
 * anywhere, and the page's policy forbids it: it names its one script and its styles by their hashes.
 */
import type { Unversioned } from "./protocol.ts";
import { type HostMessage, protocolVersion } from "./protocol.ts";

/** Id of the element that holds the run, as the text of an `init` message. */
export const dataElement = "replay-data";

export interface ExportParts {
  readonly title: string;
  readonly run: Extract<Unversioned<HostMessage>, { kind: "init" }>;
  /** The panel's script and style, as they are built. */
  readonly script: string;
  readonly style: string;
  /** For a reader whose browser runs no scripts. */
  readonly plain: string;
  /** SHA-256 in base64. */
  readonly hash: (text: string) => string;
}

export function exportPage({ title, run, script, style, plain, hash }: ExportParts): string {
  // "</script" in a text of the bundle would end the element.
  const code = script.replace(/<\/script/gi, "<\\/script").replace(/<!--/g, "<\\!--");
  const look = `${standaloneStyle}\n${style}`.replace(/<\/style/gi, "<\\/style");
  const data = JSON.stringify({ version: protocolVersion, ...run })
    .replaceAll("<", "\\u003c")
    .replaceAll("\u2028", "\\u2028")
    .replaceAll("\u2029", "\\u2029");
  const policy = [
    "default-src 'none'",
    `script-src 'sha256-${hash(code)}'`,
    `style-src 'sha256-${hash(look)}'`,
    "base-uri 'none'",
    "form-action 'none'",
  ].join("; ");
  return `<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escape(title)}</title>
<style>${look}</style>
</head>
<body>
<main id="replay"></main>
<noscript><pre>${escape(plain)}</pre></noscript>
<script type="application/json" id="${dataElement}">${data}</script>
<script type="module">${code}</script>
</body>
</html>
`;
}

const escape = (text: string): string =>
  text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;").replaceAll('"', "&quot;");

/** The editor's variables that the panel's style asks for, and the editor's own defaults for a page, in light and in dark. */
const standaloneStyle = `:root{color-scheme:light;
--vscode-foreground:#3b3b3b;--vscode-editor-background:#ffffff;--vscode-font-family:system-ui,sans-serif;--vscode-font-size:14px;
--vscode-editor-font-family:ui-monospace,monospace;--vscode-panel-border:#e0e0e0;--vscode-focusBorder:#005fb8;
--vscode-button-background:#005fb8;--vscode-button-foreground:#ffffff;--vscode-button-hoverBackground:#0258a8;
--vscode-button-secondaryBackground:#e5e5e5;--vscode-button-secondaryForeground:#3b3b3b;--vscode-button-secondaryHoverBackground:#cccccc;
--vscode-textLink-foreground:#005fb8;--vscode-dropdown-background:#ffffff;--vscode-dropdown-foreground:#3b3b3b;--vscode-dropdown-border:#cecece;
--vscode-input-background:#ffffff;--vscode-input-foreground:#3b3b3b;--vscode-input-border:#8a8a8a;
--vscode-editorError-foreground:#c72e2e;--vscode-editorInfo-foreground:#0063d3;--vscode-editorWarning-foreground:#895503;
--vscode-testing-iconPassed:#2e7d32;--vscode-list-hoverBackground:#f2f2f2;--vscode-toolbar-hoverBackground:#e8e8e8;
--vscode-textBlockQuote-background:#f8f8f8;--vscode-editor-findMatchHighlightBackground:#ffe9d6;
--vscode-editorLineNumber-foreground:#6e7681;--vscode-progressBar-background:#005fb8}
@media (prefers-color-scheme:dark){:root{color-scheme:dark;
--vscode-foreground:#cccccc;--vscode-editor-background:#1f1f1f;--vscode-panel-border:#3a3a3a;--vscode-focusBorder:#4daafc;
--vscode-button-secondaryBackground:#313131;--vscode-button-secondaryForeground:#cccccc;--vscode-button-secondaryHoverBackground:#3c3c3c;
--vscode-textLink-foreground:#4daafc;--vscode-dropdown-background:#313131;--vscode-dropdown-foreground:#cccccc;--vscode-dropdown-border:#3c3c3c;
--vscode-input-background:#313131;--vscode-input-foreground:#cccccc;--vscode-input-border:#6b6b6b;
--vscode-editorError-foreground:#f14c4c;--vscode-editorInfo-foreground:#3794ff;--vscode-editorWarning-foreground:#cca700;
--vscode-testing-iconPassed:#73c991;--vscode-list-hoverBackground:#2a2d2e;--vscode-toolbar-hoverBackground:#333436;
--vscode-textBlockQuote-background:#2b2b2b;--vscode-editor-findMatchHighlightBackground:#5a3a1e;--vscode-editorLineNumber-foreground:#8b949e}}
body{margin:0 auto;max-width:1200px}`;
