# What there is to do here; everything is built by the .NET SDK alone.
.DEFAULT_GOAL := help
.PHONY: gpu-bundle gpu-program test-gpu bench-gpu help probe build all-projects demo test test-goldens test-compose test-kubernetes image image-cuda interop-tools fuzz chaos bench format clean

export DOTNET_NOLOGO := 1
export DOTNET_CLI_TELEMETRY_OPTOUT := 1

DEMO := examples/support-tickets
GPU := bin/gpu
FILTER ?= Category!=Chaos
FUZZ_ROUNDS ?= 200000
DOTNET_BUILD := dotnet build --configuration Release --verbosity quiet --nologo -consoleLoggerParameters:NoSummary

help: ## this list
	@echo 'make TARGET:'
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  %-14s %s\n", $$1, $$2 }' Makefile

probe: ## what this machine has; only the .NET SDK is needed
	@fixtures="$${DISTZO_FIXTURES:-../shared/fixtures}"; \
	have() { command -v $$1 >/dev/null 2>&1; }; \
	if have dotnet; then echo ".NET SDK $$(dotnet --version) ✓"; \
	else echo '.NET SDK ✗: needed, version 10 or later, from https://dot.net'; exit 1; fi; \
	if have python3; then echo 'python3 ✓'; else echo 'python3 ✗ not needed: the tests that compare with plain Python are skipped'; fi; \
	if [ -d "$$fixtures" ]; then echo 'reference outputs ✓'; \
	else echo 'reference outputs ✗ not needed: their tests are skipped (DISTZO_FIXTURES names their folder)'; fi; \
	if have g++; then echo 'g++ ✓'; else echo 'g++ ✗ not needed: the tests on an emulated GPU are skipped'; fi; \
	if have nvidia-smi; then echo 'NVIDIA driver ✓'; else echo 'NVIDIA driver ✗ not needed: everything runs on the CPU'; fi

build: probe ## the executable, at bin/distzo
	@$(DOTNET_BUILD) src/DistZO.Cli
	@mkdir -p bin && install -m 755 src/DistZO.Cli/distzo.sh bin/distzo
	@echo 'bin/distzo ✓'

all-projects: build
	@$(DOTNET_BUILD) DistZO.sln

demo: build ## fine-tunes the small model on support tickets with two workers, then alone: the same bits
	@$(DEMO)/demo.sh

test: all-projects ## every test but the chaos ones, or those of FILTER='FullyQualifiedName~…'
	@tests/run.sh '$(FILTER)'

test-goldens: all-projects ## only the comparisons with reference outputs (DISTZO_FIXTURES)
	@tests/run.sh 'Category=Goldens'

interop-tools: ## installs the other gRPCs that ours is tested against, if they can be had
	@tests/interop.sh

fuzz: all-projects ## the parsers on damaged input, for longer (FUZZ_ROUNDS=200000)
	@DISTZO_FUZZ_ROUNDS=$(FUZZ_ROUNDS) tests/run.sh 'Category=Fuzz'

chaos: all-projects ## real runs, killed at random moments
	@tests/run.sh 'Category=Chaos'

image: ## the container image for coordinator and CPU workers (BASE=… SDK=… other bases; docker/base.sh makes some without a registry)
	@docker/image.sh cpu distzo

image-cuda: ## the container image for workers on GPUs (CUDA_BASE=…)
	@docker/image.sh cuda distzo-cuda

test-compose: image all-projects ## real runs in containers, killed and started again; needs a Docker daemon
	@DISTZO_IMAGE=distzo tests/run.sh 'Category=Compose'

test-kubernetes: image interop-tools all-projects ## the manifests against the schemas of Kubernetes, and a Job's pods run as containers
	@DISTZO_IMAGE=distzo tests/run.sh 'Category=Kubernetes'

bench: build ## the speed of this machine: every figure with its limit
	@bin/distzo bench all

gpu-bundle: probe ## distzo and the tests of GPUs for machines without .NET, in bin/gpu
	@dotnet publish src/DistZO.Cli -p:PublishProfile=single-file -v q --nologo -o $(GPU)/published/distzo
	@dotnet publish tests/DistZO.Devices.Cuda.Tests -c Release -r linux-x64 --self-contained -p:PublishSingleFile=true -p:EnableCompressionInSingleFile=true -v q --nologo -o $(GPU)/published/tests
	@mv $(GPU)/published/distzo/distzo $(GPU)/published/tests/DistZO.Devices.Cuda.Tests $(GPU) && rm -rf $(GPU)/published
	@echo '$(GPU) ✓ (carry this folder, then: make test-gpu bench-gpu)'

gpu-program:
	@if command -v dotnet >/dev/null 2>&1; then $(MAKE) --no-print-directory gpu-bundle; fi
	@[ -x $(GPU)/distzo ] || { echo 'bin/gpu is missing: make it with `make gpu-bundle` on a machine that has the .NET SDK, and carry it here'; exit 1; }

test-gpu: gpu-program ## the tests of kernels and device on this machine's GPU; no test is skipped for want of one
	@$(GPU)/distzo doctor --measure
	@DISTZO_REQUIRE_CUDA=1 $(GPU)/DistZO.Devices.Cuda.Tests

bench-gpu: gpu-program ## every figure of this machine's GPU (PEER=mezo_torch.py: and a PyTorch MeZO beside them), in minutes
	@$(GPU)/distzo doctor --measure
	@$(GPU)/distzo bench gpu $(if $(PEER),--peer $(PEER))

format: ## the code and its white space, as .editorconfig has them
	@dotnet format

clean: ## removes what was built and the output of the demo
	@rm -rf bin $(DEMO)/output src/*/bin src/*/obj tests/*/bin tests/*/obj
