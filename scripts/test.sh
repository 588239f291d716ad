#!/usr/bin/env bash
# All tests, on a fresh machine too: types, lint, format, generated files, units, fixtures, the real server over stdio, and
# the extension in a real workbench (code-server shown by Debian's Chromium). Ends with one line per suite.
source "$(dirname "${BASH_SOURCE[0]}")/setup.sh"
need_node
need_packages python3=python3 make=make g++=g++ chromium=chromium spin=spin valgrind=valgrind
need_npm_packages

step() {
  local name=$1
  shift
  echo "── $name"
  "$@"
}
step "format" npx biome format .
step "types" npx tsc -b
step "generated files" npm run --silent generate -- --check
step "lint" npx eslint .
step "build" npm run --silent build
step "units, fixtures, protocol" npx vitest run
step "grammars" npm run --silent test:grammars
step "package" npm run --silent package
step "workbench" scripts/setup-code-server.sh .code-server
step "suite in the extension host" npx tsx test/e2e/run-suite.ts
step "panel in all themes" npx tsx test/e2e/ui/panel-themes.ts
step "driving the workbench" npx tsx test/e2e/ui/main-job.ts
step "panel features" npx tsx test/e2e/ui/panel-features.ts
echo "all passed"
