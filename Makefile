# `make` lists what there is. Everything sets itself up: .venv from uv.lock, with uv from PATH or from .tools/.

PORT ?= 8000
STATE ?= .local
EMULATOR_PORT ?=
# From the command line only: some shells keep this machine's name in HOST.
ifneq ($(origin HOST),command line)
HOST :=
endif
NAMES ?=
SUB ?=
TTL ?= 86400
STACK ?=
CONFIG ?=
PARAMETERS ?=
ROTATE ?=
URL ?=
TOKEN ?=
MODEL ?=
ORIGIN ?=
ERASE_TOKEN ?=
export PORT HOST NAMES STATE EMULATOR_PORT SUB TTL STACK CONFIG PARAMETERS ROTATE URL TOKEN MODEL ORIGIN ERASE_TOKEN
export SAM_CLI_TELEMETRY = 0
# Some containers set it: every process would compile every module that it imports again.
unexport PYTHONDONTWRITEBYTECODE
export PATH := $(CURDIR)/.tools/bin:$(PATH)

PYTHON = .venv/bin/python
# One worker for each core, up to four; WORKERS=1 for fewer. Each worker takes whole files, and starts a stack of its own
# for its first end-to-end test. Files are handed out in order, the slow ones first, so that all workers end together.
WORKERS ?= logical
# Generated examples depend on the order of sets, too: the same in every run.
PYTEST = PYTHONHASHSEED=0 $(PYTHON) -m pytest --durations=10
IN_PARALLEL = --numprocesses=$(WORKERS) --maxprocesses=4 --dist=loadfile --no-loadscope-reorder
SET_UP = .venv/.set-up
RUNNING = .tools/running-$(PORT)
FAULTS_SET_UP = .venv/.set-up-faults
PROCESSED_TEMPLATE = .tools/processed-template.json
# Its dependencies and ours exclude each other: a project and an environment of its own.
CHECKOV = UV_PROJECT_ENVIRONMENT="$(CURDIR)/.tools/checkov" uv run --quiet --project tools/checkov --frozen \
  --python $(PYTHON) checkov --config-file tools/checkov/config.yaml
JS_SET_UP = clients/js/node_modules/.set-up
# The site's generator has an environment of its own, and its scripts are published bundles.
DOCS_SET_UP = .tools/docs/.set-up
DOCS_SCRIPTS = .tools/docs-scripts/.set-up
SPHINX = .tools/docs/bin/sphinx-build --quiet --fail-on-warning --keep-going --jobs auto -c docs/site
DYNALITE_SET_UP = bench/dynalite/node_modules/.set-up
NEXTJS_SET_UP = examples/nextjs/node_modules/.set-up
UPPY_SET_UP = tests/browser/uppy/node_modules/.set-up
THUMBHASH_SET_UP = tests/unit/renditions/thumbhash_js/node_modules/.set-up
EXIFTOOL_SET_UP = tests/faults/removal/exiftool/node_modules/.set-up
SHARP_SET_UP = bench/fixtures/sharp/node_modules/.set-up
TUS_SET_UP = bench/fixtures/tus/node_modules/.set-up
OPENAPI_SET_UP = tools/openapi/node_modules/.set-up
export REDOCLY_TELEMETRY = off
export REDOCLY_SUPPRESS_UPDATE_NOTICE = true

.DEFAULT_GOAL := help
.PHONY: always docs docs-check screenshots help run token test test-browser sam-local test-unit test-faults soak bench bench-check bench-scale fuzz lint generated \
        format edge openapi cost requirements build deploy site backfill deployed-token deployed-secret smoke clean

help: ## show this list
	@echo "make run      the whole stack on http://localhost:8000, without Docker or an AWS account"
	@echo
	@grep -hE '^[a-z-]+:.*## ' Makefile | sed -E 's/:.*## /\t/' | while IFS="$$(printf '\t')" read -r name what; do \
	  printf '  %-22s%s\n' "$$name" "$$what"; done

run: $(RUNNING) ## run the stack until Ctrl-C (PORT=8000 HOST=0.0.0.0 NAMES=a-tunnel.example STATE=.local EMULATOR_PORT= PARAMETERS=)

# A file, as make deletes it when make alone is interrupted: by that the stack hears of it.
$(RUNNING): $(SET_UP) always
	@exec $(PYTHON) -m local run --port "$$PORT" --host "$$HOST" --names "$$NAMES" --state "$$STATE" \
	  --parameters "$$PARAMETERS" $${EMULATOR_PORT:+--emulator-port "$$EMULATOR_PORT"} --made-by-make $@

token: $(SET_UP) ## print a token for an owner (SUB=alice), valid for TTL=86400 seconds: make -s token SUB=alice
	@exec $(PYTHON) -m local token --state "$$STATE" --sub "$$SUB" --ttl "$$TTL"

test: $(SET_UP) $(JS_SET_UP) $(THUMBHASH_SET_UP) ## run all tests except those in a browser and the fault injection
	@sh tools/find_njs.sh
	@$(PYTEST) $(IN_PARALLEL) --ignore=tests/browser --ignore=tests/faults --ignore=tests/sam_local

test-browser: $(SET_UP) $(JS_SET_UP) $(UPPY_SET_UP) $(NEXTJS_SET_UP) docs ## test the page, clients, Uppy, examples and documentation in Chromium, which is installed if missing
	@sh tools/find_chromium.sh $(PYTHON)
	@$(PYTEST) tests/browser

sam-local: $(SET_UP) ## test sam local invoke and start-api in Docker, with every function and event
	@$(PYTEST) tests/sam_local

test-unit: $(SET_UP) $(THUMBHASH_SET_UP) ## run the tests that start no stack: before each commit
	@sh tools/find_njs.sh
	@$(PYTEST) $(IN_PARALLEL) --ignore=tests/browser --ignore=tests/faults --ignore=tests/sam_local --ignore=tests/e2e

bench: $(SET_UP) $(TUS_SET_UP) $(SHARP_SET_UP) ## measure against alternatives, and write docs/performance.md (about ten minutes)
	@PYTHONPATH=layers/core $(PYTHON) -m bench
	@PYTHONPATH=layers/core $(PYTHON) -m bench.whole_uploads
	@PYTHONPATH=layers/core $(PYTHON) -m bench.part_uploads
	@PYTHONPATH=layers/core $(PYTHON) -m bench.renditions
	@PYTHONPATH=layers/core $(PYTHON) -m bench.frames
	@PYTHONPATH=layers/core $(PYTHON) -m bench.rendition_starts

bench-check: $(SET_UP) $(SHARP_SET_UP) ## measure, and compare with bench/budget.toml
	@PYTHONPATH=layers/core $(PYTHON) -m bench --check
	@PYTHONPATH=layers/core $(PYTHON) -m bench.whole_uploads --check
	@PYTHONPATH=layers/core $(PYTHON) -m bench.part_uploads --check
	@PYTHONPATH=layers/core $(PYTHON) -m bench.renditions --check
	@PYTHONPATH=layers/core $(PYTHON) -m bench.frames --check
	@PYTHONPATH=layers/core $(PYTHON) -m bench.rendition_starts --check

bench-scale: $(SET_UP) $(DYNALITE_SET_UP) ## measure with a million assets, and write docs/scale.md (about ten minutes)
	@PYTHONPATH=layers/core $(PYTHON) -m bench.scale

test-faults: $(FAULTS_SET_UP) $(EXIFTOOL_SET_UP) ## run the tests that take minutes: crashes, faults of AWS, missing permissions, restarts, bad requests and files, load
	@sh tools/find_exiftool.sh
	@$(PYTEST) $(IN_PARALLEL) tests/faults

fuzz: $(FAULTS_SET_UP) ## fuzz every parser for SECONDS=600 each, starting from earlier findings
	@FUZZ_SECONDS=$(if $(filter command line,$(origin SECONDS)),$(SECONDS),600) $(PYTEST) tests/faults/fuzzing

soak: $(SET_UP) ## put load on the stack for MINUTES=10
	@MINUTES=$${MINUTES:-10} $(PYTHON) -m pytest tests/faults/test_soak.py --junit-xml=.soak.xml
	@grep -o '<property name[^>]*' .soak.xml

lint: $(SET_UP) $(JS_SET_UP) $(OPENAPI_SET_UP) ## run ruff, mypy, tsc, SAM, cfn-lint, checkov and OpenAPI checks, and check generated files
	@$(PYTHON) -m ruff check --quiet
	@$(PYTHON) -m ruff format --check --quiet
	@$(PYTHON) -m mypy
	@npm run --silent check --prefix clients/js
	@$(PYTHON) -m samcli validate --lint --region us-east-1
	@$(PYTHON) -m samcli validate --lint --region us-east-1 --template observability.yaml
	@$(PYTHON) -m samcli validate --lint --region us-east-1 --template webhook-receiver.yaml
	@$(PYTHON) -m tools.processed_template $(PROCESSED_TEMPLATE)
	@$(CHECKOV) --file $(PROCESSED_TEMPLATE) observability.yaml webhook-receiver.yaml
	@$(MAKE) --no-print-directory generated
	@npm run --silent lint --prefix tools/openapi
	@$(MAKE) --no-print-directory docs-check

generated: $(SET_UP) ## check that generated files are up to date
	@$(PYTHON) tools/inline_edge_function.py --check
	@$(PYTHON) tools/layer_requirements.py --check
	@PYTHONPATH=layers/core $(PYTHON) -m tools.openapi --check
	@$(PYTHON) -m tools.cost --check
	@$(PYTHON) -m tools.guide_examples --check

docs: $(DOCS_SET_UP) $(DOCS_SCRIPTS) ## build the documentation as a site with search, and check its links: .docs/index.html
	@$(SPHINX) --builder html . .docs
	@echo "python3 -m http.server 8080 --bind 127.0.0.1 --directory .docs    # http://localhost:8080"

docs-check: $(DOCS_SET_UP)
	@mkdir -p $(dir $(DOCS_SCRIPTS))
	@$(SPHINX) --builder dummy --doctree-dir .tools/docs-check . .tools/docs-check

screenshots: $(SET_UP) ## take the README's screenshots of an empty local stack (URL=http://localhost:8000)
	@$(PYTHON) -m tools.screenshots "$${URL:-http://localhost:8000}"

format: $(SET_UP) ## format Python and apply ruff's safe fixes
	@$(PYTHON) -m ruff check --fix --quiet || true
	@$(PYTHON) -m ruff format

edge: $(SET_UP) ## copy edge/viewer-request.js into template.yaml
	@$(PYTHON) tools/inline_edge_function.py

openapi: $(SET_UP) ## write the OpenAPI document, its page and the functions' schemas from the models and the errors
	@PYTHONPATH=layers/core $(PYTHON) -m tools.openapi

cost: $(SET_UP) ## write docs/cost.md from the calls made and published prices
	@$(PYTHON) -m tools.cost

requirements: $(SET_UP) ## write the layers' requirements.txt from uv.lock
	@$(PYTHON) tools/layer_requirements.py

build: $(SET_UP) ## sam build for AWS (PARAMETERS="Architecture=x86_64")
	@$(PYTHON) -m tools.deploy build --parameters "$$PARAMETERS"

deploy: $(SET_UP) ## deploy to your AWS account, for the first time or as an update (STACK= CONFIG=prod PARAMETERS="Monitoring=true")
	@$(PYTHON) -m tools.deploy stack --stack "$$STACK" --config "$$CONFIG" --parameters "$$PARAMETERS" --rotate "$$ROTATE"

site: $(SET_UP) ## publish the page of a stack on AWS that was deployed with `sam deploy`
	@$(PYTHON) -m tools.deploy site --stack "$$STACK" --config "$$CONFIG"

backfill: $(SET_UP) ## after an update, add thumbhashes, video facts and usage for existing assets (STACK= CONFIG=)
	@PYTHONPATH=layers/core $(PYTHON) -m tools.deploy backfill --stack "$$STACK" --config "$$CONFIG"

deployed-token: $(SET_UP) ## print a token for a stack on AWS: make -s deployed-token SUB=alice
	@$(PYTHON) -m tools.deploy token --stack "$$STACK" --config "$$CONFIG" --sub "$$SUB" --ttl "$$TTL"

deployed-secret: $(SET_UP) ## print the secret with which your backend signs tokens
	@$(PYTHON) -m tools.deploy secret --stack "$$STACK" --config "$$CONFIG"

smoke: $(SET_UP) ## check a deployment, with a token in ASSETS_TOKEN: make smoke URL=https://… (MODEL=owner/name ORIGIN=https://… ERASE_TOKEN=…)
	@$(PYTHON) -m tools.smoke "$$URL" --model "$$MODEL" $${ORIGIN:+--origin "$$ORIGIN"}

clean: ## remove the local stack's data and all build output
	@if [ -x $(PYTHON) ]; then $(PYTHON) -m local clean --state "$$STATE"; fi
	@rm -rf .aws-sam .bench .fuzzing .layer-build .mypy_cache .ruff_cache .pytest_cache .hypothesis

$(SET_UP): uv.lock pyproject.toml tools/set-up.sh
	@sh tools/set-up.sh

$(FAULTS_SET_UP): $(SET_UP)
	@uv sync --quiet --frozen --no-python-downloads --python $(PYTHON) --group faults
	@touch $@

$(DOCS_SET_UP): $(SET_UP) uv.lock
	@UV_PROJECT_ENVIRONMENT=.tools/docs uv sync --quiet --frozen --no-python-downloads --python $(PYTHON) --only-group docs
	@touch $@

$(DOCS_SCRIPTS): docs/site/fetch-scripts.sh
	@sh docs/site/fetch-scripts.sh .tools/docs-scripts
	@touch $@

# It has a copy of the client.
$(NEXTJS_SET_UP): $(wildcard clients/js/*.d.ts clients/js/package.json clients/js/src/*.js clients/js/src/*/*.js)

%/node_modules/.set-up: %/package-lock.json
	@npm ci --silent --no-audit --no-fund --prefix $*
	@touch $@
