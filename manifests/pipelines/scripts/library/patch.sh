# The image is put into the cluster by a patch of the resource.
# shellcheck shell=sh

arrives_at_once=true

# put IMAGE
put() {
    _said=$(set_image "$1" 2>&1) || fail "cannot patch $target: $_said"
    say "$target has $1"
}

# put_back IMAGE BEFORE: fails if IMAGE is no longer there, or the API server refuses; put_back_problem says which.
put_back() {
    put_back_problem=$(restore_image "$1" "$2" 2>&1)
}
