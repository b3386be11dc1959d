#!/usr/bin/env bash
# Asks with curl and nothing else: is the server ready, what does the model take, which digit is in this picture?
#
#     examples/01-curl.sh
set -euo pipefail
cd "$(dirname "$0")/.."
url=${SLUICE_URL:-http://127.0.0.1:3000}

ask() {
  # curl leaves a header out that has no value: where the API has no keys, none is needed.
  curl -sS --fail-with-body --max-time 30 -H "x-api-key: ${SLUICE_API_KEY:-}" "$@" || {
    printf '\nfailed: %s did not answer this as it should; does the cluster run (npm start)?\n' "$url" >&2
    exit 1
  }
}

echo "Ready?"
ask "$url/v2/health/ready"
echo

echo "What the model takes and answers:"
ask "$url/v2/models/digits"
echo

echo "A picture of a seven, 28 by 28 numbers from 0 to 1:"
answer=$(ask "$url/v2/models/digits/infer" -d @models/digits/samples/seven.json)
echo "$answer"

# The ten probabilities stand between the brackets of "data"; the digit is the place of the greatest.
digit=$(echo "$answer" | sed 's/.*"data":\[\([^]]*\)\].*/\1/' | tr , '\n' | awk '$1 > most { most = $1; at = NR - 1 } END { print at }')
echo "It is a $digit."
