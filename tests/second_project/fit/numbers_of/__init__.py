"""What the entry script leaves to others: reading, and arithmetic."""
