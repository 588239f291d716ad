#!/usr/bin/env node
// Starts code-shim.ts through tsx: what @vscode/test-electron takes for the VS Code executable must be one file.
import { register } from "tsx/esm/api";

register();
await import("./code-shim.ts");
