"""Three trainings in Metaflow, on what the last run of the other flow prepared."""

import scripts
from metaflow import Flow, FlowSpec, Parameter, step


class TuneFlow(FlowSpec):
    """Train with each rate."""

    epochs = Parameter("epochs", default=50)

    @step
    def start(self):
        """Take what is prepared."""
        self.prepared = Flow("PenguinsFlow").latest_successful_run.data.prepared
        self.rates = [0.01, 0.02, 0.03]
        self.next(self.train, foreach="rates")

    @step
    def train(self):
        """Train with one rate."""
        self.model = scripts.train(
            self.prepared, f"models/{self.input}", self.input, self.epochs
        )
        self.next(self.join)

    @step
    def join(self, inputs):
        """Have the models together."""
        self.models = [each.model for each in inputs]
        self.next(self.end)

    @step
    def end(self):
        """Be done."""


if __name__ == "__main__":
    TuneFlow()
