#!/bin/sh
# Builds the image, unless IMAGE_ARCHIVE is it.
# shellcheck source=manifests/pipelines/scripts/library/common.sh
. "$(dirname "$0")/library/common.sh"

repository=$(left repository prepare.sh)
tag=$(left tag prepare.sh)
if [ -n "$IMAGE_ARCHIVE" ]; then
    say "$IMAGE_ARCHIVE is the image"
    exit 0
fi
docker build --file manifests/images/Dockerfile --build-arg "BINARY=$BINARY" --tag "$repository:$tag" . ||
    fail "the image cannot be built"
