# make all 之外的命令见 make help / other targets: make help
PYTHON ?= python3
RAW    ?= data/raw
OUT    ?= data/processed
VENV   := .venv
BIN    := $(VENV)/$(if $(filter Windows_NT,$(OS)),Scripts,bin)
NAMES  := $(wildcard data/company-names.csv)

.DEFAULT_GOAL := help
.PHONY: help all setup test test-external check soak hostile format train evaluate explain draw notebooks samples clear-samples screenshots clean

help:            ## 列出命令 list the targets
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):[^#]*## */  make \1\t/' | expand -t 24

all: setup       ## 由 RAW 重建 OUT 里的全部输出 rebuild everything (make all RAW=folder OUT=folder)
	@$(BIN)/huabu build "$(RAW)" "$(OUT)" $(if $(NAMES),--names $(NAMES))

setup: $(VENV)/.runtime $(if $(EXTRA),$(VENV)/.$(EXTRA))  ## 只准备环境 make the environment only (EXTRA=ocr: 也读扫描件 scans too)

$(VENV)/.runtime: requirements.lock pyproject.toml
	@PYTHON="$(PYTHON)" sh .ci/setup.sh requirements.lock
	@touch $@

$(VENV)/.ocr: requirements-ocr.lock pyproject.toml
	@PYTHON="$(PYTHON)" sh .ci/setup.sh requirements-ocr.lock
	@touch $@ $(VENV)/.runtime

$(VENV)/.test: requirements-test.lock pyproject.toml
	@PYTHON="$(PYTHON)" sh .ci/setup.sh requirements-test.lock
	@touch $@ $(VENV)/.runtime

$(VENV)/.notebooks: requirements-notebooks.lock pyproject.toml
	@PYTHON="$(PYTHON)" sh .ci/setup.sh requirements-notebooks.lock
	@touch $@ $(VENV)/.ocr $(VENV)/.test $(VENV)/.runtime

test: $(VENV)/.test      ## 测试 (只用 pip, 三分钟内) tests, pip only, under three minutes
	@$(BIN)/python -m pytest -q -m "not external" -n 2 --dist loadfile

test-external: $(VENV)/.notebooks  ## 需要系统软件的测试 tests that need system packages
	@[ "$(CI)" != true ] || sh .ci/system.sh
	@$(BIN)/python -m pytest -q -m "external and not heavy" -n 2 --dist loadfile

check: $(VENV)/.test     ## 规范检查加测试 ruff, mypy and the tests
	@$(BIN)/ruff check . && $(BIN)/ruff format --check . && $(BIN)/mypy && $(BIN)/python -m pytest -q -m "not external" -n 2 --dist loadfile

soak: setup      ## 一万篇生成的文档, 一成是坏文件 (十分钟) ten thousand documents, one in ten broken
	@$(BIN)/python benchmarks/soak.py --documents 10000 --max-mb 500 --max-slowdown 1.2

hostile: $(VENV)/.test   ## 重的坏文件 (十分钟以上) heavy hostile inputs, more than ten minutes
	@$(BIN)/python -m pytest -q -m heavy

format: $(VENV)/.test    ## 统一代码格式 format the code
	@$(BIN)/ruff check --fix-only -q . ; $(BIN)/ruff format -q .

train: setup     ## 用 data/labelled 重新训练 rebuild the model from data/labelled
	@$(BIN)/huabu train

evaluate: $(VENV)/.test  ## 标签有多准 how good the tags are (make evaluate GOLD=file.csv)
	@$(BIN)/huabu evaluate $(if $(GOLD),"$(GOLD)")

explain: setup   ## 一个段落为什么有这些标签 why a passage has its tags (make explain P=passage_id)
	@$(BIN)/huabu explain "$(OUT)" "$(P)"

draw: setup      ## 画一张画布 draw a canvas (make draw D=公司或文档编号 TO=画布.pptx)
	@$(BIN)/huabu draw "$(OUT)" "$(D)" --to "$(TO)"

notebooks: $(VENV)/.notebooks  ## 在浏览器里打开笔记本 open the notebooks on OUT in a browser
	@HUABU_OUT="$(abspath $(OUT))" $(BIN)/jupyter lab notebooks

samples: $(VENV)/.test   ## 重新生成 data/raw/samples remake the sample documents
	@$(BIN)/python data/make_samples.py

clear-samples:   ## 删掉自带示例, 腾出 data/raw remove the samples, make room in data/raw
	@rm -rf data/raw/samples

screenshots: $(VENV)/.notebooks  ## 重拍 README 的图 (要 Chromium) take the README pictures again
	@$(BIN)/python tests/screenshots.py
	@$(BIN)/python tests/handin_pictures.py

clean:           ## 删除输出和环境 remove outputs and the environment
	@rm -rf "$(OUT)" $(VENV) && mkdir -p data/processed && touch data/processed/.gitkeep
