/** The page of the replay panel, and what it may load: the one place where this is decided. */
import { randomBytes } from "node:crypto";
import { Uri, type Webview, type WebviewOptions } from "vscode";

/**
 * The panel runs the extension's own script and loads nothing else. Its state survives by `getState`, so it is not kept alive while
 * it is hidden.
 */
export function panelOptions(extension: Uri): WebviewOptions {
  return {
    enableScripts: true,
    enableForms: false,
    enableCommandUris: false,
    localResourceRoots: [Uri.joinPath(extension, "dist")],
  };
}

/**
 * `default-src 'none'`: whatever is not named is forbidden (connections, frames, images, fonts, inline styles and handlers).
 * Scripts run by a nonce that is new each time; styles come from the extension's folder.
 */
export function panelHtml(webview: Webview, extension: Uri): string {
  const nonce = randomBytes(16).toString("base64url");
  const resource = (name: string): string => webview.asWebviewUri(Uri.joinPath(extension, "dist", name)).toString();
  const policy = [
    "default-src 'none'",
    `style-src ${webview.cspSource}`,
    `script-src 'nonce-${nonce}'`,
    "base-uri 'none'",
    "form-action 'none'",
  ].join("; ");
  return `<!DOCTYPE html>
<html lang="en">
  <head>
    <meta charset="utf-8">
    <meta http-equiv="Content-Security-Policy" content="${policy}">
    <meta name="viewport" content="width=device-width, initial-scale=1">
    <title>Replay</title>
    <link rel="stylesheet" href="${resource("webview.css")}">
  </head>
  <body>
    <main id="replay"></main>
    <script type="module" nonce="${nonce}" src="${resource("webview.js")}"></script>
  </body>
</html>`;
}
