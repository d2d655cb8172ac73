#!/bin/sh
# Pushes the image to ECR, and notes by which digest it can be pulled from there.
# shellcheck source=manifests/pipelines/scripts/library/common.sh
. "$(dirname "$0")/library/common.sh"

repository=$(left repository prepare.sh)
tag=$(left tag prepare.sh)
registry=${repository%%/*}

# The password of the registry goes with this step.
credentials=$(mktemp -d)
trap 'rm -rf "$credentials"' EXIT
password=$(aws ecr get-login-password) ||
    fail "cannot get a password for ECR: let the role of this build do what manifests/pipelines/policies/build.json says"

push_cure="let the role of this build push there (manifests/pipelines/policies/build.json); if the tag is there already,\
 set IMAGE_TAG to another one"
if [ -n "$IMAGE_ARCHIVE" ]; then
    encrypted=true
    case $registry in localhost | localhost:* | 127.*) encrypted=false ;; esac
    printf '%s' "$password" | skopeo login --authfile "$credentials/auth.json" --tls-verify="$encrypted" \
        --username AWS --password-stdin "$registry" >/dev/null || fail "$registry refuses the password that ECR gave"
    if [ -d "$IMAGE_ARCHIVE" ]; then layout=oci; else layout=oci-archive; fi
    skopeo --insecure-policy copy --quiet --authfile "$credentials/auth.json" --dest-tls-verify="$encrypted" \
        --retry-times 3 --preserve-digests --digestfile "$state/digest" \
        "$layout:$IMAGE_ARCHIVE" "docker://$repository:$tag" || fail "cannot push to $repository: $push_cure"
    digest=$(cat "$state/digest")
else
    # Docker looks for its plugins there too, which neither login nor push need.
    export DOCKER_CONFIG="$credentials"
    printf '%s' "$password" | docker login --username AWS --password-stdin "$registry" >/dev/null ||
        fail "$registry refuses the password that ECR gave"
    docker push --quiet "$repository:$tag" >/dev/null || fail "cannot push to $repository: $push_cure"
    digest=$(docker image inspect --format '{{range .RepoDigests}}{{println .}}{{end}}' "$repository:$tag" |
        sed -n "s|^$repository@||p" | head -n 1)
fi
case $digest in
sha256:*) ;;
*) fail "nobody says by which digest $repository:$tag was pushed: '$digest'" ;;
esac
leave image "$repository@$digest"
say "pushed $repository:$tag, which is $digest"
