#!/bin/sh
# Builds OPA's compiler for WASI and writes opa.wasm.br, opa.json, LICENSES.md and /NOTICE.
# With --check it writes nothing: it builds from source again and fails unless that gives the committed bytes.
# A newer OPA: `go get github.com/open-policy-agent/opa@<version> && go mod tidy`, this script, ../build.mjs.
# Needs Go (any version that can fetch the toolchain pinned in go.mod) and Node.
set -eu
cd "$(dirname "$0")"

out=$(mktemp -d)
trap 'rm -rf "$out"' EXIT

# Everything that could change the bytes is fixed here, whatever the caller's environment says.
GOTOOLCHAIN=$(sed -n 's/^toolchain //p' go.mod)
export GOTOOLCHAIN GOFLAGS= GOWORK=off GOEXPERIMENT= GOWASM= CGO_ENABLED=0

go test ./...
GOOS=wasip1 GOARCH=wasm \
  go build -mod=readonly -trimpath -buildvcs=false -ldflags '-s -w -buildid=' -o "$out/opa.wasm" .
node pack.mjs "$out/opa.wasm" "$@"
go run ./licenses "$@"
