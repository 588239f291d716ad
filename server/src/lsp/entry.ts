/** The language server's process: bundled to dist/server.cjs. Speaks over `--node-ipc` (VS Code) or `--stdio`. */
import { createHash } from "node:crypto";
import { existsSync, readFileSync } from "node:fs";
import path from "node:path";
import { pathToFileURL } from "node:url";
import {
  type Connection,
  createConnection,
  ProposedFeatures,
  StreamMessageReader,
  StreamMessageWriter,
} from "vscode-languageserver/node";
import { loadEngine } from "../host/load-engine.ts";
import { reasonOf } from "../host/file-system.ts";
import { cacheFolder, ResultCache } from "../host/result-cache.ts";
import { startServer } from "./server.ts";

/** Rule pages lie beside the bundle's folder, in the extension and in a checkout. */
const pages = path.resolve(__dirname, "../docs/rules");

function pageOf(rule: string): string | undefined {
  const file = path.join(pages, `${rule.replace(/^dma\//, "").replaceAll("/", "-")}.md`);
  return existsSync(file) ? pathToFileURL(file).href : undefined;
}

const connection = process.argv.includes("--stdio") ? connectStreams() : createConnection(ProposedFeatures.all);
// Messages that come before the engine is loaded wait in the stream: nothing reads it before `listen`.
loadEngine().then(
  (engine) => startServer(connection, { engine, pageOf, kept: keptReports() }),
  (error: unknown) => {
    console.error(error);
    process.exit(1);
  },
);

/** Where reports are kept from one start to the next; undefined when that is not wanted or has no place. */
function keptReports(): { readonly cache: ResultCache; readonly program: string } | undefined {
  const folder = cacheFolder(process.env);
  if (folder === undefined) return undefined;
  const program = createHash("sha1").update(readFileSync(__filename)).digest("hex");
  const cache = new ResultCache(path.join(folder, "editor"));
  setTimeout(() => cache.prune(), 10_000).unref();
  return { cache, program };
}

/**
 * Over stdin and stdout the reader is ours: the library's own drops a message that is no JSON without a word, and whoever writes a
 * client then searches for it for long.
 */
function connectStreams(): Connection {
  const reader = new StreamMessageReader(process.stdin);
  const connection = createConnection(ProposedFeatures.all, reader, new StreamMessageWriter(process.stdout));
  reader.onError((error) => {
    const message = `A message from the client could not be read, and is left out: ${reasonOf(error)}`;
    // Both ways: a client that cannot write JSON may not show the log either.
    console.error(message);
    connection.console.error(message);
  });
  let asked = false;
  connection.onShutdown(() => {
    asked = true;
  });
  // A client that is gone without `exit`.
  reader.onClose(() => process.exit(asked ? 0 : 1));
  // Nothing may go to stdout but messages.
  console.log = console.error;
  return connection;
}
