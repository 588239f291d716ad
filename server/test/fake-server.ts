/** The language server with the fake engine, as a process: `node --import tsx fake-server.ts --stdio`. */
import { createConnection, ProposedFeatures } from "vscode-languageserver/node";
import { startServer } from "../src/lsp/server.ts";
import { fakeEngine } from "./fake-engine.ts";

startServer(createConnection(ProposedFeatures.all), {
  engine: fakeEngine,
  pageOf: (rule) => `file:///pages/${rule.replace("dma/", "")}.md`,
});
