"""The obvious way to train on two tables: all of them in arrays, then `model.fit`.

    python training_by_hand.py TRAIN.csv VALIDATION.csv MODEL EPOCHS

It knows nothing of ours; the network is the same.
"""

from __future__ import annotations

import os
import sys

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import keras
import numpy as np
import pandas as pd


def read(path: str) -> tuple[np.ndarray, np.ndarray]:
    """Return features and labels: the last column is the target."""
    table = pd.read_csv(path)
    return table.iloc[:, :-1].to_numpy(np.float32), table.iloc[:, -1].to_numpy(np.int64)


def main(train: str, validation: str, model_dir: str, epochs: str) -> None:
    """Train the network of `scripts/train.py`, and export it."""
    features, labels = read(train)
    keras.utils.set_random_seed(0)
    model = keras.Sequential(
        [
            keras.Input((features.shape[1],), name="features"),
            keras.layers.Dense(10, activation="relu", kernel_initializer="he_normal"),
            keras.layers.Dense(8, activation="relu", kernel_initializer="he_normal"),
            keras.layers.Dense(int(labels.max()) + 1, activation="softmax"),
        ]
    )
    model.compile(
        optimizer=keras.optimizers.SGD(0.01),
        loss="sparse_categorical_crossentropy",
        metrics=["accuracy"],
    )
    model.fit(
        features,
        labels,
        validation_data=read(validation),
        epochs=int(epochs),
        batch_size=32,
        verbose=2,
    )
    model.export(model_dir)


if __name__ == "__main__":
    main(*sys.argv[1:])
