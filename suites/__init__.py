"""Game days: pytest suites over the experiments, one theme a file.

`pytest suites --reports DIR --alluredir DIR` runs them all, on the lab or with `--topology FILE` on a system of yours.
"""
