#!/bin/sh
# Looks before anything is built whether all is there that the later steps need, and where the image goes.
# shellcheck source=manifests/pipelines/scripts/library/common.sh
. "$(dirname "$0")/library/common.sh"

# What an earlier build has left would be taken for this one's.
rm -rf "$state"
mkdir -p "$state"

needs aws "install the AWS CLI; CodeBuild's standard images have it"
needs kubectl "install kubectl; CodeBuild's standard images have it"
if [ -n "$IMAGE_ARCHIVE" ]; then
    needs skopeo "it pushes IMAGE_ARCHIVE; install it, or unset IMAGE_ARCHIVE to have the image built by Docker"
    [ -e "$IMAGE_ARCHIVE" ] || fail "IMAGE_ARCHIVE $IMAGE_ARCHIVE is not there: name an OCI layout, a folder or a tar file"
elif ! _said=$(docker info 2>&1); then
    fail "no Docker daemon answers: let the project run in privileged mode (environment.privilegedMode), or name a" \
        "finished image by IMAGE_ARCHIVE: $_said"
fi
if [ -n "$PLATFORM_REPOSITORY" ]; then
    needs git "it commits to PLATFORM_REPOSITORY"
    [ -n "$PLATFORM_PATH" ] ||
        fail "PLATFORM_PATH is not set: name the folder of the environment in PLATFORM_REPOSITORY, such as" \
            "environments/staging"
fi

if [ -n "${CLUSTER:-}" ]; then
    aws eks update-kubeconfig --name "$CLUSTER" --kubeconfig "$state/kubeconfig" >/dev/null ||
        fail "cannot ask EKS for the cluster $CLUSTER: set CLUSTER and AWS_REGION to one that is there, and let the role" \
            "of this build do what manifests/pipelines/policies/build.json says"
    export KUBECONFIG="$state/kubeconfig"
fi
if [ "$SERVICE" = operator ]; then kind=operator; else kind=platform; fi
# shellcheck source=manifests/pipelines/scripts/library/platform.sh
. "$(dirname "$0")/library/$kind.sh"
look || fail "cannot read $target: $why; $target_cure"

repository=${IMAGE_REPOSITORY:-}
if [ -z "$repository" ]; then
    name=${REPOSITORY_PREFIX:-$PLATFORM}/$SERVICE
    repository=$(aws ecr describe-repositories --repository-names "$name" \
        --query 'repositories[0].repositoryUri' --output text) ||
        fail "cannot ask ECR for the repository $name: set spec.cloud.aws.ecr of the platform to have those of the" \
            "services made, or make it; REPOSITORY_PREFIX is what its name starts with, IMAGE_REPOSITORY names it whole"
fi

# Tags of ECR may be such that they stay, so each build has one of its own.
commit=${CODEBUILD_RESOLVED_SOURCE_VERSION:-$(git rev-parse HEAD 2>/dev/null || echo unknown)}
tag=${IMAGE_TAG:-$(printf %.12s "$commit")-${CODEBUILD_BUILD_NUMBER:-$(date -u +%Y%m%d%H%M%S)}}
leave repository "$repository"
leave tag "$tag"
say "$repository:$tag is for $target, which has ${live_image:-no image of its own for $SERVICE} now"
