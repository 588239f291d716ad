// Rules of the house that a machine can keep: strict types, and the import walls of ARCHITECTURE.md.
import { defineConfig } from "eslint/config";
import tseslint from "typescript-eslint";

/** Inside the engine: what each room may import from besides itself. Everything else is a wall. */
const rooms = {
  text: [],
  syntax: ["text"],
  program: ["text", "syntax"],
  kernel: [],
  platforms: [],
  trace: [],
  analysis: ["text", "program", "kernel"],
  rules: ["text", "program", "kernel", "analysis"],
  machine: ["platforms", "trace"],
  simulation: ["text", "program", "kernel", "platforms", "machine", "trace"],
};

const engineWalls = Object.entries(rooms).map(([room, allowed]) => {
  const walls = Object.keys(rooms).filter((other) => other !== room && !allowed.includes(other));
  return {
    name: `walls/engine/${room}`,
    files: [`engine/src/${room}/**/*.ts`],
    ignores: ["**/*.test.ts"],
    rules: {
      "no-restricted-imports": [
        "error",
        {
          patterns: [
            {
              regex: `^(\\.\\./)+(${walls.join("|")}|session|index|testing)(/|\\.ts$)`,
              message: `${room}/ may import ${["itself", ...allowed].join(", ")} only.`,
            },
            { regex: "^(node:|vscode)", message: "The engine does no I/O." },
            { regex: "^@dma-lens/", message: "The engine is at the bottom: nothing above it may be imported." },
            ...(room === "syntax"
              ? []
              : [{ regex: "^typescript$", message: "Only the TypeScript front end knows that parser." }]),
          ],
        },
      ],
    },
  };
});

const wall = (name, files, patterns, ignores = ["**/*.test.ts"]) => ({
  name: `walls/${name}`,
  files,
  ignores,
  rules: { "no-restricted-imports": ["error", { patterns }] },
});

export default defineConfig(
  {
    ignores: [
      "**/dist/**",
      "**/out/**",
      "**/node_modules/**",
      "**/fixtures/**",
      // A snippet is input, and the grammars' test files are too.
      "samples/**",
      // So are litmus tests: they are read by the engine, and litmus-library.test.ts holds each of them.
      "engine/litmus/**",
      "syntaxes/**",
      "**/*.d.ts",
      ".code-server/**",
      ".vscode-test/**",
    ],
  },
  {
    files: ["**/*.ts"],
    extends: [tseslint.configs.strictTypeChecked],
    languageOptions: {
      parserOptions: {
        project: [
          "engine/tsconfig.json",
          "engine/tsconfig.test.json",
          "server/tsconfig.json",
          "client/tsconfig.json",
          "client/webview/tsconfig.json",
          "test/tsconfig.json",
        ],
        tsconfigRootDir: import.meta.dirname,
      },
    },
    rules: {
      "@typescript-eslint/restrict-template-expressions": ["error", { allowNumber: true, allowBoolean: true }],
      "@typescript-eslint/no-confusing-void-expression": ["error", { ignoreArrowShorthand: true }],
      "@typescript-eslint/switch-exhaustiveness-check": ["error", { considerDefaultExhaustiveForUnions: true }],
      "@typescript-eslint/consistent-type-imports": "error",
      // A parser and a machine compare numbers and walk arrays by index on purpose.
      "@typescript-eslint/prefer-for-of": "off",
      "no-restricted-exports": [
        "error",
        {
          restrictDefaultExports: {
            direct: true,
            named: true,
            defaultFrom: true,
            namedFrom: true,
            namespaceFrom: true,
          },
        },
      ],
      "no-restricted-syntax": [
        "error",
        {
          selector: "CallExpression[callee.name='eval'], NewExpression[callee.name='Function']",
          message: "User code is never executed.",
        },
      ],
      eqeqeq: "error",
    },
  },
  {
    name: "readable-in-one-sitting",
    files: ["**/*.ts"],
    // Tables of facts are looked up, not read; and so are a test's rows.
    ignores: [
      "**/*.test.ts",
      "engine/src/kernel/**",
      "engine/src/program/kernel-macros.ts",
      "engine/src/testing/proof-drivers.ts",
    ],
    rules: { "max-lines": ["error", { max: 400 }] },
  },
  {
    name: "engine/no-clock-no-randomness",
    files: ["engine/src/**/*.ts"],
    ignores: ["**/*.test.ts", "engine/src/testing/node/**"],
    rules: {
      "no-restricted-globals": [
        "error",
        "Date",
        "performance",
        "setTimeout",
        "setInterval",
        "fetch",
        "process",
        "console",
      ],
      "no-restricted-properties": [
        "error",
        { object: "Math", property: "random", message: "The same input gives the same output." },
      ],
    },
  },
  ...engineWalls,
  wall(
    "server/cli",
    ["server/src/cli/**/*.ts"],
    [
      { regex: "(^|/)lsp/", message: "cli and lsp do not know each other." },
      { regex: "^vscode", message: "The command line knows no editor." },
    ],
  ),
  wall(
    "server/lsp",
    ["server/src/lsp/**/*.ts"],
    [{ regex: "(^|/)cli/", message: "lsp and cli do not know each other." }],
  ),
  wall(
    "server/host",
    ["server/src/host/**/*.ts"],
    [
      { regex: "(^|/)(cli|lsp)/", message: "host is below cli and lsp." },
      { regex: "^vscode", message: "host knows no editor." },
    ],
  ),
  wall(
    "client",
    ["client/src/**/*.ts", "client/webview/**/*.ts"],
    [
      { regex: "^@dma-lens/(engine$|server)", message: "The client knows the engine's trace only." },
      { regex: "(^|/)server/", message: "The client talks to the server by protocol." },
    ],
  ),
  {
    name: "rules-and-configs-may-export-default",
    files: ["engine/src/rules/*/rule.ts", "*.config.ts"],
    rules: { "no-restricted-exports": "off" },
  },
  { files: ["*.config.ts", "**/*.mjs"], extends: [tseslint.configs.disableTypeChecked] },
);
