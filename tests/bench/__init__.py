"""How fast the site is, beside what else could be: `python -m tests.bench`, or `make bench`.

In order of use: `machine` (processes: CPU, memory, stopping), `systems` (what is measured: nginx, a bare
Flask, the site), `load` (wrk, in interleaved rounds), `words` (comments to fill a site with), `inside` (one
figure each: forms, engine, commits, growth), `browser` (Chromium and Lighthouse), `table` (what was to be
reached, and what was). Everything listens on the loopback address only, and every load ends by itself.
"""
