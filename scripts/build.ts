/**
 * Bundles everything that runs into dist/, and the suite for the extension host into out/.
 *   tsx scripts/build.ts            what is shipped
 *   tsx scripts/build.ts --dev      with source maps
 *   tsx scripts/build.ts --hosts D  the server and the command line only, into the folder D: for their tests
 * Names are kept, so that a stack trace in a bug report can be read; white space is not.
 */
import { readdirSync, rmSync } from "node:fs";
import path from "node:path";
import { build, type BuildOptions, type Plugin } from "esbuild";

const root = path.resolve(import.meta.dirname, "..");
const dev = process.argv.includes("--dev");

const common: BuildOptions = {
  absWorkingDir: root,
  bundle: true,
  logLevel: "warning",
  minifyWhitespace: !dev,
  minifySyntax: !dev,
  sourcemap: dev ? "linked" : false,
  legalComments: "eof",
};
const node: BuildOptions = {
  ...common,
  platform: "node",
  format: "cjs",
  target: "node20",
  // In a CommonJS bundle `import.meta.url` is undefined: what uses it must be found out here, not at run time.
  logOverride: { "empty-import-meta": "error" },
};

/**
 * The TypeScript parser has 9 MB, and most drivers are C: it lies in a file of its own that is read at its first use.
 * The bundle gets an object that loads the parser when it is first asked for a member; so the front end must import it by default
 * (`import ts from "typescript"`), which this plugin sees to.
 */
const lazyTypeScript: Plugin = {
  name: "lazy-typescript",
  setup(bundler) {
    bundler.onResolve({ filter: /^typescript$/ }, () => ({ path: "typescript", namespace: "lazy" }));
    bundler.onLoad({ filter: /.*/, namespace: "lazy" }, () => ({
      contents: `
        let parser;
        module.exports = new Proxy({}, {
          get(_, name) {
            if (parser === undefined) parser = require("./typescript.cjs");
            return parser[name];
          },
        });`,
      loader: "js",
    }));
  },
};

/** The server and the command line. */
async function bundleHosts(outdir: string): Promise<void> {
  await build({
    ...node,
    entryPoints: { server: "server/src/lsp/entry.ts", cli: "server/src/cli/entry.ts" },
    outdir,
    outExtension: { ".js": ".cjs" },
    external: ["./typescript.cjs"],
    plugins: [lazyTypeScript],
  });
}

/** The TypeScript parser, beside the hosts. */
async function bundleParser(outdir: string): Promise<void> {
  await build({
    ...node,
    entryPoints: { typescript: "node_modules/typescript/lib/typescript.js" },
    outdir,
    outExtension: { ".js": ".cjs" },
    minifyIdentifiers: !dev,
    sourcemap: false,
  });
}

async function buildAll(): Promise<void> {
  // A test that was removed must not go on running. dist/ is shared with the compiler's output and is overwritten file by file.
  rmSync(path.join(root, "out/e2e"), { recursive: true, force: true });
  const suite = path.join(root, "test/e2e/suite");
  const suites = readdirSync(suite).filter((file) => file.endsWith(".ts"));
  await Promise.all([
    build({
      ...node,
      entryPoints: { extension: "client/src/extension.ts" },
      outdir: "dist",
      outExtension: { ".js": ".cjs" },
      external: ["vscode"],
    }),
    bundleHosts("dist"),
    bundleParser("dist"),
    build({
      ...common,
      entryPoints: { webview: "client/webview/main.ts" },
      outdir: "dist",
      platform: "browser",
      format: "esm",
      // Chromium of VS Code 1.91.
      target: "chrome124",
    }),
    build({
      ...common,
      entryPoints: { webview: "client/webview/replay.css" },
      outdir: "dist",
      target: "chrome124",
    }),
    build({
      ...node,
      entryPoints: suites.map((file) => path.join(suite, file)),
      outdir: "out/e2e/suite",
      outExtension: { ".js": ".cjs" },
      external: ["vscode", "mocha"],
      minifyWhitespace: false,
      sourcemap: "inline",
    }),
  ]);
}

const hostsOnly = process.argv.indexOf("--hosts");
if (hostsOnly < 0) await buildAll();
else {
  const outdir = path.resolve(process.argv[hostsOnly + 1] ?? "dist");
  await Promise.all([bundleHosts(outdir), bundleParser(outdir)]);
}
