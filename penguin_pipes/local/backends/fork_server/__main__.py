"""Started by path; what is the server's own is out of sight before a job runs."""

import importlib
import sys
from os.path import dirname

HERE = dirname(__file__)
sys.path.insert(0, dirname(HERE))
main = importlib.import_module("fork_server.serve").main
sys.path.remove(dirname(HERE))
if HERE in sys.path:
    sys.path.remove(HERE)
for name in [name for name in sys.modules if name.partition(".")[0] == "fork_server"]:
    del sys.modules[name]

main(int(sys.argv[1]))
