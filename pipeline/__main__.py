"""`python -m pipeline …` does what `huabu …` does."""

from pipeline.cli import main

if __name__ == "__main__":
    raise SystemExit(main())
