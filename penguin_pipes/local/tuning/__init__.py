"""Search for hyperparameters: what to try next, what to stop, what has won.

`ranges` and `search` hold what Optuna is asked, `stopping` what AWS's guide says of
early stopping and of when a search is over, `conduct` runs the trials.
"""
