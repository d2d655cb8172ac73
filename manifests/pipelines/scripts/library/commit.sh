# The image is put into the repository of environments by a commit, which Argo CD brings into the cluster.
# shellcheck shell=sh
PLATFORM_BRANCH=${PLATFORM_BRANCH:-main}
PLATFORM_REPOSITORY_USER=${PLATFORM_REPOSITORY_USER:-git}
file=$PLATFORM_PATH/images/$SERVICE.yaml
clone=$state/environments
arrives_at_once=false
not_arrived="the commit has not arrived in the cluster: does Argo CD follow $PLATFORM_BRANCH of the repository, and sync\
 by itself?"

# In the environment, so that it is neither in a file nor in the list of processes. The helper runs in a shell of git's.
if [ -n "${PLATFORM_REPOSITORY_TOKEN:-}" ]; then
    export PLATFORM_REPOSITORY_USER PLATFORM_REPOSITORY_TOKEN
    export GIT_CONFIG_COUNT=1 GIT_CONFIG_KEY_0=credential.helper
    # shellcheck disable=SC2016
    export GIT_CONFIG_VALUE_0='!echo "username=$PLATFORM_REPOSITORY_USER"; echo "password=$PLATFORM_REPOSITORY_TOKEN"; :'
fi
# A question would wait for an answer for ever.
export GIT_TERMINAL_PROMPT=0
export GIT_AUTHOR_NAME="pipeline of $SERVICE" GIT_AUTHOR_EMAIL="${GIT_AUTHOR_EMAIL:-pipelines@localhost}"
export GIT_COMMITTER_NAME="$GIT_AUTHOR_NAME" GIT_COMMITTER_EMAIL="$GIT_AUTHOR_EMAIL"

in_clone() {
    git -C "$clone" "$@"
}

# Other pipelines push to the same branch, each its own file: what they have pushed meanwhile goes below ours.
push_commit() {
    _attempts=5
    until _said=$(in_clone push --quiet origin "HEAD:$PLATFORM_BRANCH" 2>&1); do
        _attempts=$((_attempts - 1))
        [ "$_attempts" -gt 0 ] || return 1
        _said=$(in_clone pull --quiet --rebase origin "$PLATFORM_BRANCH" 2>&1) || return 1
    done
}

# put IMAGE
put() {
    rm -rf "$clone"
    _said=$(git clone --quiet --single-branch --branch "$PLATFORM_BRANCH" "$PLATFORM_REPOSITORY" "$clone" 2>&1) ||
        fail "cannot clone $PLATFORM_BRANCH of PLATFORM_REPOSITORY: $_said;" \
            "set PLATFORM_REPOSITORY_TOKEN if it wants a password"
    [ -f "$clone/$file" ] ||
        fail "the repository has no $file: copy manifests/pipelines/gitops/ as docs/pipelines.md says, or set PLATFORM_PATH"
    overlay "$1" >"$clone/$file"
    kubectl kustomize "$clone/$PLATFORM_PATH" >"$state/rendered" 2>"$state/errors" ||
        fail "$PLATFORM_PATH cannot be built with $file: $(cat "$state/errors")"
    grep -q -F "image: $1" "$state/rendered" ||
        fail "$PLATFORM_PATH does not use $file: name its folder under components in $PLATFORM_PATH/kustomization.yaml"
    in_clone add "$file"
    commit=
    if in_clone diff --cached --quiet; then
        say "$file has $1 already"
        return
    fi
    in_clone commit --quiet --message "$SERVICE: ${1##*@}"
    push_commit || fail "cannot push to $PLATFORM_BRANCH of PLATFORM_REPOSITORY: $_said"
    commit=$(in_clone rev-parse HEAD)
    say "$file has $1 as of commit $commit"
}

# put_back IMAGE BEFORE: fails if the file was changed since, or the repository refuses; put_back_problem says which.
put_back() {
    put_back_problem="this build has made no commit, so there is none to revert"
    [ -n "$commit" ] || return 1
    put_back_problem=$(in_clone pull --quiet --rebase origin "$PLATFORM_BRANCH" 2>&1) || return 1
    put_back_problem="$file was changed since"
    in_clone diff --quiet "$commit" HEAD -- "$file" || return 1
    put_back_problem=$(in_clone revert --no-edit "$commit" 2>&1) || return 1
    push_commit || {
        put_back_problem=$_said
        return 1
    }
}
