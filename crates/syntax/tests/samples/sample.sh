#!/usr/bin/env bash
# Sessions.
set -euo pipefail

source ./lib/common.sh
. "$(dirname "$0")/other.sh"

# How long a token lives.
LIFETIME=3600
readonly NAMES=(access refresh)
export PATH="$HOME/bin:$PATH"
declare -A map=([a]=1)

# Refreshes.
# Twice.
refresh() {
  local token="$1"
  count=1
  if [[ -z "$token" ]]; then
    die 'no token'
  fi
  curl -s "https://example.com/$(encode "$token")" | jq -r .token
}

function cleanup {
  rm -rf "$TMP"
}

function with_parens() { echo "x"; }

cat <<EOF
a here document $LIFETIME
EOF

case "${1:-}" in
  start) refresh "$2" ;;
  *) cleanup ;;
esac
