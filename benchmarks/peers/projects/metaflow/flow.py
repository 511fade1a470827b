"""The penguins in Metaflow: two steps."""

import scripts
from metaflow import FlowSpec, Parameter, step


class PenguinsFlow(FlowSpec):
    """Prepare, then train."""

    learning_rate = Parameter("learning_rate", default=0.01)
    epochs = Parameter("epochs", default=50)

    @step
    def start(self):
        """Split and transform the penguins."""
        self.prepared = scripts.preprocess("data", "prepared")
        self.next(self.train)

    @step
    def train(self):
        """Train on them."""
        self.model = scripts.train(
            self.prepared, "model", self.learning_rate, self.epochs
        )
        self.next(self.end)

    @step
    def end(self):
        """Be done."""


if __name__ == "__main__":
    PenguinsFlow()
