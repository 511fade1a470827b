"""Has this step been run before, with the same everything?

A step's key holds what the service compares (`penguin_pipes.service.CACHE_KEYS`), with
the *content* of every input and of the code in the place of its S3 name, and what
stands for the image here: the interpreter and its packages. An earlier result is taken
if its key is the same, it succeeded, its outputs are still what they were, and
``ExpireAfter`` has not passed. Stricter than the service, never staler.
"""

from penguin_pipes.local.cache.judge import Cache, CacheMode, Verdict
from penguin_pipes.local.cache.key import Key
from penguin_pipes.local.cache.results import Result, Results

__all__ = ["Cache", "CacheMode", "Key", "Result", "Results", "Verdict"]
