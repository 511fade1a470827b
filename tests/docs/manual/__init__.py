"""Read the README and the pages as a user would, and do what they say."""
