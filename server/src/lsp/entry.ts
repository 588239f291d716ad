/** The language server's process: bundled to dist/server.cjs. Speaks over `--node-ipc` (VS Code) or `--stdio`. */
import { existsSync } from "node:fs";
import path from "node:path";
import { pathToFileURL } from "node:url";
import { createConnection, ProposedFeatures } from "vscode-languageserver/node";
import { loadEngine } from "../host/load-engine.ts";
import { startServer } from "./server.ts";

/** Rule pages lie beside the bundle's folder, in the extension and in a checkout. */
const pages = path.resolve(__dirname, "../docs/rules");

function pageOf(rule: string): string | undefined {
  const file = path.join(pages, `${rule.replace(/^dma\//, "").replaceAll("/", "-")}.md`);
  return existsSync(file) ? pathToFileURL(file).href : undefined;
}

const connection = createConnection(ProposedFeatures.all);
// Messages that come before the engine is loaded wait in the stream: nothing reads it before `listen`.
loadEngine().then(
  (engine) => startServer(connection, { engine, pageOf }),
  (error: unknown) => {
    console.error(error);
    process.exit(1);
  },
);
