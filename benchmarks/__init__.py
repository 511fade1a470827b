"""What things take, side by side in one run: ``python -m benchmarks`` or nox -s bench.

Figures are ratios: each round times every contender once, in turn, and a ratio is the
median over the rounds of what a contender took by what the first took in that round.
A machine that slows down for a while slows both.
"""
