#!/usr/bin/env bash
# The main job: opens a VS Code workbench on the sample driver, with this checkout's extension in it.
# Uses the VS Code of this machine where there is one (a local session with `code` on PATH), else code-server from npm.
source "$(dirname "${BASH_SOURCE[0]}")/setup.sh"
need_node
need_npm_packages
npm run --silent build

if [ "${DMA_LENS_WORKBENCH:-}" != code-server ] && command -v code >/dev/null; then
  exec code --new-window --extensionDevelopmentPath="$PWD" "$PWD/samples/driver" "$PWD/samples/driver/sampler-data.c"
fi

need_packages python3=python3 make=make g++=g++
scripts/setup-code-server.sh .code-server
npm run --silent package
exec node_modules/.bin/tsx scripts/serve-workbench.ts
