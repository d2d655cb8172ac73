# What all steps share: variables with their defaults, words to the log, and what one step leaves for the next.
# shellcheck shell=sh
set -eu

SERVICE=${SERVICE:-}
[ -n "$SERVICE" ] || {
    echo "SERVICE is not set: take it, BINARY and PACKAGE from the buildspec of the service" >&2
    exit 1
}
PLATFORM=${PLATFORM:-shop}
IMAGE_ARCHIVE=${IMAGE_ARCHIVE:-}
PLATFORM_REPOSITORY=${PLATFORM_REPOSITORY:-}
PLATFORM_PATH=${PLATFORM_PATH:-}
# Everything that runs in the cluster has this long to come up.
READY_SECONDS=${READY_SECONDS:-900}

# Not part of a Docker build, and of no commit.
state=$PWD/target/pipelines/$SERVICE
mkdir -p "$state"
if [ -f "$state/kubeconfig" ]; then
    export KUBECONFIG="$state/kubeconfig"
fi

say() {
    printf '%s: %s\n' "$SERVICE" "$*"
}

fail() {
    printf '%s: %s\n' "$SERVICE" "$*" >&2
    exit 1
}

# needs PROGRAM CURE
needs() {
    command -v "$1" >/dev/null 2>&1 || fail "$1 is not on the PATH: $2"
}

# leave NAME VALUE: for a later step.
leave() {
    printf '%s\n' "$2" >"$state/$1"
}

# left NAME STEP: what STEP has left.
left() {
    [ -f "$state/$1" ] || fail "there is no $1 yet: run manifests/pipelines/scripts/$2 first"
    cat "$state/$1"
}
