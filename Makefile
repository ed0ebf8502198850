# Two commands suffice: `make demo` and `make test`. Both install what is missing first (tools/bootstrap).

PREFIX ?= /usr/local
SWIFT_FLAGS = -c release --explicit-target-dependency-import-check error
ONEDNN = CUSP_ONEDNN=$$(tools/bootstrap --onednn)
BIN = .build/release
MPI_BIN = .build-mpi/release
TOOLS = cusp cusp-train cusp-attack cusp-bench cusp-convert cusp-data cusp-diff cusp-doctor cusp-evaluate cusp-fooling-rate \
	cusp-inspect cusp-merge cusp-plot cusp-report cusp-serve cusp-summarise cusp-verify

.PHONY: build build-mpi test test-portable test-onednn3 test-mpi demo paper zoo bench fuzz interop onnx keras lint install uninstall clean bootstrap

build: bootstrap ## Build all programs, optimised, into .build/release.
	$(ONEDNN) swift build $(SWIFT_FLAGS)

build-mpi: build ## Install Open MPI, by which the programs train over ranks, and name them in .build-mpi/release, too.
	@tools/bootstrap --mpi
	@mkdir -p $(dir $(MPI_BIN)) && ln -sfn ../$(BIN) $(MPI_BIN)

test: bootstrap ## Run all tests.
	$(ONEDNN) tools/run-tests $(SWIFT_FLAGS)

test-portable: bootstrap ## Run all tests without oneDNN.
	CUSP_ONEDNN=0 tools/run-tests $(SWIFT_FLAGS) --scratch-path .build-portable

test-onednn3: bootstrap ## Run the tests of engines and of what is built on them with oneDNN 3, fetched from PyPI.
	CUSP_ONEDNN_ROOT=$$(tools/onednn3 .build-onednn3/library) tools/run-tests $(SWIFT_FLAGS) \
		--scratch-path .build-onednn3 --filter '^(Backends|Programs|Attacks|Training|Evaluation|ToolOptions)Tests\.'

test-mpi: bootstrap ## Install Open MPI, train over 1 to 8 ranks, stopped, killed and resumed, and compare the files.
	@tools/bootstrap --mpi
	$(ONEDNN) swift build $(SWIFT_FLAGS) --product cusp-train
	PATH="$(CURDIR)/$(BIN):$$PATH" tools/rank-test $(KILLS)

demo: build ## Train on the built-in digits naturally, by PGD and by CuSP; print one table, turned and attacked.
	PATH="$(CURDIR)/$(BIN):$$PATH" tools/demo

paper: build ## Measure the claims of the paper; SCALE=smoke, small or full, see tools/paper/README.md.
	$(MAKE) --no-print-directory -C tools/paper paper SCALE=$(or $(SCALE),smoke)

zoo: build ## Take every architecture through the programs and print a table; names in ZOO.
	PATH="$(CURDIR)/$(BIN):$$PATH" tools/zoo $(ZOO)

bench: build ## Time this package beside PyTorch and print the ratios; options in BENCH, see tools/bench/README.md.
	tools/bench/bench $(BENCH)

onnx: build ## Hold ONNX files against ONNX Runtime and PyTorch where these are installed; names or --nodes in ONNX.
	PATH="$(CURDIR)/$(BIN):$$PATH" tools/interop/onnx $(ONNX)

keras: build ## Hold Keras files against Keras on its torch backend where that is installed; names or --digits in KERAS.
	PATH="$(CURDIR)/$(BIN):$$PATH" tools/interop/keras $(KERAS)

interop: build ## Compare conversions with PyTorch, safetensors, NumPy and h5py; options in INTEROP.
	tools/interop/interop $(INTEROP)

fuzz: bootstrap ## Fuzz every reader for SECONDS each; READERS chooses, JOBS run at once, see Tests/Fuzz/README.md.
	JOBS=$(or $(JOBS),1) tools/fuzz $(or $(SECONDS),60) $(READERS)

lint: ## Check formatting, budgets and house rules.
	tools/lint

install: build ## Install programs, man pages and completions under PREFIX.
	tools/install "$(BIN)" "$(DESTDIR)$(PREFIX)" $(TOOLS)

uninstall: ## Remove what install put there.
	tools/install --remove "$(DESTDIR)$(PREFIX)" $(TOOLS)

clean: ## Remove everything that was built.
	rm -rf .build .build-portable .build-onednn3 .build-mpi .build-fuzz

bootstrap:
	@tools/bootstrap
