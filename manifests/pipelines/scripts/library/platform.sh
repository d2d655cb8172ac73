# A service of a platform: where its image stands in the resource, and how the platform is.
# shellcheck shell=sh
NAMESPACE=${NAMESPACE:-food-delivery}
target="FoodDeliveryPlatform $NAMESPACE/$PLATFORM"
target_cure="set PLATFORM and NAMESPACE to a platform that is there, and let the role of this build in: by an\
 access entry, and by manifests/pipelines/access.yaml"

target_get() {
    kubectl get fooddeliveryplatforms.fooddelivery.dev "$PLATFORM" --namespace "$NAMESPACE" "$@"
}

target_patch() {
    kubectl patch fooddeliveryplatforms.fooddelivery.dev "$PLATFORM" --namespace "$NAMESPACE" \
        --field-manager "pipeline-$SERVICE" "$@"
}

# Reads the platform once, into live_image, condition (ready, stalled or waiting) and why. All comes from one version of
# the resource; what was reported about an older generation is not about the image that stands there now.
look() {
    _ready="{.status.conditions[?(@.type=='Ready')]"
    _stalled="{.status.conditions[?(@.type=='Stalled')]"
    _lines="{.metadata.generation}{'\n'}{.status.observedGeneration}{'\n'}{.spec.services.$SERVICE.image}{'\n'}"
    _lines="$_lines$_ready.status}{'\n'}$_ready.observedGeneration}{'\n'}"
    _lines="$_lines$_stalled.status}{'\n'}$_stalled.observedGeneration}{'\n'}"
    # Messages may have several lines, so they come last.
    _lines="$_lines$_stalled.reason}: $_stalled.message}{'\n'}$_ready.reason}: $_ready.message}{'\n'}."
    _seen=$(target_get --output "jsonpath=$_lines" 2>"$state/errors") || {
        # Of what kubectl says when it is not let in, the last line is the one to read.
        why=$(tail -n 1 "$state/errors")
        return 1
    }
    {
        read -r _generation
        read -r _observed
        read -r live_image
        read -r _ready
        read -r _ready_about
        read -r _stalled
        read -r _stalled_about
        read -r _stalled_why
        read -r _ready_why
    } <<LINES
$_seen
LINES
    condition=waiting
    if [ "${_observed:--1}" -lt "$_generation" ] || [ "${_ready_about:--1}" -lt "$_generation" ]; then
        why="the operator has not reported on generation $_generation yet: is it running?"
    elif [ "$_ready" = True ]; then
        condition=ready
        why=$_ready_why
    elif [ "$_stalled" = True ] && [ "${_stalled_about:--1}" -ge "$_generation" ]; then
        condition=stalled
        why=$_stalled_why
    else
        why="not ready: $_ready_why"
    fi
}

# set_image IMAGE
set_image() {
    target_patch --type merge --patch "{\"spec\":{\"services\":{\"$SERVICE\":{\"image\":\"$1\"}}}}"
}

# restore_image IMAGE BEFORE: only if IMAGE is still there. Without BEFORE the platform's own choice counts again.
restore_image() {
    _path=/spec/services/$SERVICE/image
    _test="{\"op\":\"test\",\"path\":\"$_path\",\"value\":\"$1\"}"
    if [ -n "$2" ]; then
        target_patch --type json --patch "[$_test,{\"op\":\"replace\",\"path\":\"$_path\",\"value\":\"$2\"}]"
    else
        target_patch --type json --patch "[$_test,{\"op\":\"remove\",\"path\":\"$_path\"}]"
    fi
}

# overlay IMAGE: the same as a patch of kustomize.
overlay() {
    cat <<YAML
# The image of $SERVICE; its pipeline writes this file.
apiVersion: fooddelivery.dev/v1alpha1
kind: FoodDeliveryPlatform
metadata:
  name: $PLATFORM
spec:
  services:
    $SERVICE:
      image: $1
YAML
}
