"""Building a definition: ours beside the SDK's own way, each in a fresh process."""
