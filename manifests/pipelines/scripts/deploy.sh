#!/bin/sh
# Puts the image into the platform, waits until that is ready with it, and puts the image before back if it is not.
# shellcheck source=manifests/pipelines/scripts/library/common.sh
. "$(dirname "$0")/library/common.sh"

# CodeBuild comes here after a failed build too if the buildspec does not forbid it.
[ "${CODEBUILD_BUILD_SUCCEEDING:-1}" = 1 ] || fail "an earlier phase has failed, so nothing is deployed"
image=$(left image push.sh)

if [ "$SERVICE" = operator ]; then kind=operator; else kind=platform; fi
if [ -n "$PLATFORM_REPOSITORY" ]; then way="commit"; else way="patch"; fi
# shellcheck source=manifests/pipelines/scripts/library/platform.sh
. "$(dirname "$0")/library/$kind.sh"
# shellcheck source=manifests/pipelines/scripts/library/commit.sh
. "$(dirname "$0")/library/$way.sh"
# shellcheck source=manifests/pipelines/scripts/library/wait.sh
. "$(dirname "$0")/library/wait.sh"

look || fail "cannot read $target: $why; $target_cure"
before=$live_image
# What was stalled before may be what this image is the cure of.
if [ "$condition" = stalled ]; then patient=true; else patient=false; fi

put "$image"
if await "$image" "$patient"; then
    say "$target is ready with $image"
    exit 0
fi
problem="$target is not ready with $image after $READY_SECONDS s: $why"
case $ending in
superseded) fail "this build is given up: $why" ;;
stalled) problem="$target does not get ready with $image: $why" ;;
esac
[ "$image" != "$before" ] || fail "$problem. The image before is the same, so there is none to go back to"

earlier=${before:-what the platform itself chooses}
put_back "$image" "$before" || fail "$problem. $earlier could not be put back: $put_back_problem"
if await "$before" true; then
    fail "$problem. $earlier is back, and $target is ready with it"
fi
fail "$problem. $earlier is put back, but $target is not ready with it either: $why"
