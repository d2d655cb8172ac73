# Everything goes through one program or script; every target is one line. See README.md, and docs/testing.md for the tests.
ifdef FDP_CACHE
override export FDP_CACHE := $(abspath $(FDP_CACHE))
export CARGO_BUILD_BUILD_DIR ?= $(FDP_CACHE)/build
endif
LOCAL := cargo run --quiet --package fdp-local --

BENCHED := fdp-operator setup pay order store delivery inventory customer marketing frontend gateway

.PHONY: up down kubeconfig unit test test-services test-operator test-conformance test-platform test-long upgrade-test compare check bench bench-beside bench-cluster drills
up:         ; @$(LOCAL) up
down:       ; @$(LOCAL) down
kubeconfig: ; @$(LOCAL) kubeconfig
unit:       ; @dev/test unit
test:       ; @dev/test
test-services test-operator test-conformance test-platform test-long: ; @dev/test $(patsubst test-%,%,$@)
check:      ; @dev/check
upgrade-test: ; @dev/upgrade-test
compare:    ; @dev/compare
bench:      ; @$(LOCAL) prepare --for-tests && cargo build --quiet --profile release-local $(addprefix --package=,$(BENCHED)) && cargo run --quiet --profile release-local --package fdp-bench
bench-beside: ; @cargo build --quiet --workspace && cargo run --quiet --package fdp-bench -- beside
bench-cluster: ; @cargo run --quiet --profile release-local --package fdp-bench -- cluster
drills:     ; @dev/drills
