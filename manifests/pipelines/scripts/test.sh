#!/bin/sh
# Runs the tests of the program that the image is made of: those that need no server.
# shellcheck source=manifests/pipelines/scripts/library/common.sh
. "$(dirname "$0")/library/common.sh"

if command -v cargo >/dev/null 2>&1; then
    cargo test --locked --package "$PACKAGE" || fail "the tests of $PACKAGE failed, so nothing is built"
    exit 0
fi
needs docker "the tests of $PACKAGE need it, or cargo"
# What has compiled the program has all that its tests need; the image is built of the same layers afterwards.
docker build --file manifests/images/Dockerfile --build-arg "BINARY=$BINARY" --target build --tag "$SERVICE-build" . ||
    fail "$BINARY cannot be compiled"
docker run --rm "$SERVICE-build" cargo test --locked --package "$PACKAGE" ||
    fail "the tests of $PACKAGE failed, so nothing is built"
