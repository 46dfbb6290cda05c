"""huabu 画布: Chinese business case studies in, Business Model Canvases with evidence out.

The flow, one module a step; a module imports only from those above it:

    bytes ── extract ──▶ pages ── clean ──▶ file text ── split ──▶ documents ── segment ──▶ passages
    passages ── lexicon, tokens ──▶ features ── model ──▶ scores ── classify ──▶ tags with evidence
    tags ── company, period, notes ──▶ canvas of a document, a company, a period ── report ──▶ tables

Everything is a span of its parent, and a tag is the sum of its evidence.
"""

__version__ = "0.2.0"
