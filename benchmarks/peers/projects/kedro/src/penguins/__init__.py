"""The penguins in Kedro."""
