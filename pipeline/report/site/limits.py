"""How much the site shows: what is left out is counted on the page and stands in the tables."""

MAX_PAGES = 2_000
"""Documents that get a page (and companies, and files not read that are listed)."""
MAX_PASSAGES = 3_000
"""Passages of the text below the canvas of a document: a browser lays out more only slowly."""
MAX_CELL = 60
"""Notes in a cell: hundreds of documents fill that of a company with what only one of them says."""
MAX_COMPANY_NOTES = 40_000
"""Notes on the canvases of companies: what stands behind each waits on disk, its place in memory."""
MAX_WEIGHTS = 8
"""Rows of the sum behind a note that are named; the others are added up."""
AROUND = 2
"""Passages shown before and after a quote."""
MAX_DRAWN = 40
"""Pages of one PDF that are drawn, those of its best notes: some 40 KB each."""
MAX_PICTURES = 2_000
"""Pages drawn in all."""
MAX_SEARCH = 30_000_000
"""Characters of passages that the search looks through; notes and titles are always found."""
SHARD = 600_000
"""Characters in one file of the search: read while the page already answers."""
MAX_COMPARED = 300
"""Companies in the comparison, those with the most documents."""
MAX_PERIODS = 12
"""Periods of a company side by side."""
MAX_CHANGES = 8
"""Notes of a block and period in the view of changes."""
