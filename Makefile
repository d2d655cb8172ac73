# Everything goes through one program; every target is one line. See README.md.
export CARGO_TARGET_DIR ?= $(or $(FDP_CACHE),$(or $(XDG_CACHE_HOME),$(HOME)/.cache)/food-delivery-platform)/target
LOCAL := dev/claim-target cargo run --quiet --package fdp-local --

BENCHED := fdp-operator setup pay order store delivery inventory customer marketing frontend gateway

.PHONY: up down test check bench kubeconfig
up:         ; @$(LOCAL) up
down:       ; @$(LOCAL) down
kubeconfig: ; @$(LOCAL) kubeconfig
test:       ; @dev/test
check:      ; @dev/check
bench:      ; @dev/claim-target sh -c '$(LOCAL) prepare --for-tests && cargo build --quiet --profile release-local $(addprefix --package=,$(BENCHED)) && cargo run --quiet --profile release-local --package fdp-bench'
