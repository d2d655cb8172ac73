# The operator: where its image stands in its Deployment, and how that is.
# shellcheck shell=sh
NAMESPACE=${NAMESPACE:-food-delivery-system}
DEPLOYMENT=${DEPLOYMENT:-fdp-operator}
target="Deployment $NAMESPACE/$DEPLOYMENT"
target_cure="set DEPLOYMENT and NAMESPACE to the operator's, and let the role of this build in: by an\
 access entry, and by manifests/pipelines/access.yaml"

target_get() {
    kubectl get deployments.apps "$DEPLOYMENT" --namespace "$NAMESPACE" "$@"
}

target_patch() {
    kubectl patch deployments.apps "$DEPLOYMENT" --namespace "$NAMESPACE" --field-manager "pipeline-$SERVICE" "$@"
}

# Reads the Deployment once, into live_image, condition (ready, stalled or waiting) and why. What was reported about an
# older generation is not about the image that stands there now.
look() {
    _progress="{.status.conditions[?(@.type=='Progressing')]"
    _lines="{.metadata.generation}{'\n'}{.status.observedGeneration}{'\n'}"
    _lines="$_lines{.spec.template.spec.containers[?(@.name=='operator')].image}{'\n'}{.spec.replicas}{'\n'}"
    _lines="$_lines{.status.replicas}{'\n'}{.status.updatedReplicas}{'\n'}{.status.availableReplicas}{'\n'}"
    _lines="$_lines$_progress.status}{'\n'}$_progress.reason}: $_progress.message}{'\n'}."
    _seen=$(target_get --output "jsonpath=$_lines" 2>"$state/errors") || {
        # Of what kubectl says when it is not let in, the last line is the one to read.
        why=$(tail -n 1 "$state/errors")
        return 1
    }
    {
        read -r _generation
        read -r _observed
        read -r live_image
        read -r _wanted
        read -r _replicas
        read -r _updated
        read -r _available
        read -r _progress
        read -r _progress_why
    } <<LINES
$_seen
LINES
    condition=waiting
    why="${_updated:-0} of $_wanted replicas updated, ${_available:-0} available, ${_replicas:-0} there"
    if [ "${_observed:--1}" -lt "$_generation" ]; then
        why="the last change is not rolled out yet"
    elif [ "$_wanted $_wanted $_wanted" = "${_updated:-0} ${_available:-0} ${_replicas:-0}" ]; then
        condition=ready
    elif [ "$_progress" = False ]; then
        condition=stalled
        why="$why: $_progress_why"
    fi
}

# The first container has to be the operator's: some meshes put their own there.
_container=/spec/template/spec/containers/0

# set_image IMAGE
set_image() {
    target_patch --type json --patch "[{\"op\":\"test\",\"path\":\"$_container/name\",\"value\":\"operator\"},\
{\"op\":\"replace\",\"path\":\"$_container/image\",\"value\":\"$1\"}]"
}

# restore_image IMAGE BEFORE: only if IMAGE is still there.
restore_image() {
    target_patch --type json --patch "[{\"op\":\"test\",\"path\":\"$_container/image\",\"value\":\"$1\"},\
{\"op\":\"replace\",\"path\":\"$_container/image\",\"value\":\"$2\"}]"
}

# overlay IMAGE: the same as a patch of kustomize.
overlay() {
    cat <<YAML
# The image of the operator; its pipeline writes this file.
apiVersion: apps/v1
kind: Deployment
metadata:
  name: $DEPLOYMENT
  namespace: $NAMESPACE
spec:
  template:
    spec:
      containers:
        - name: operator
          image: $1
YAML
}
