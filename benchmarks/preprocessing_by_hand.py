"""The obvious program that preprocesses the penguins: read, fit, transform, write.

    python preprocessing_by_hand.py ROWS.csv PARTS.npy OUTPUT

It knows nothing of ours. Which row trains, validates and tests, it is told: the number
of each row's split.
"""

from __future__ import annotations

import sys
from pathlib import Path

import joblib
import numpy as np
import pandas as pd
from sklearn.compose import ColumnTransformer
from sklearn.impute import SimpleImputer
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import LabelEncoder, OneHotEncoder, StandardScaler

NUMERIC = ["culmen_length_mm", "culmen_depth_mm", "flipper_length_mm", "body_mass_g"]
CATEGORICAL = ["island", "sex"]


def main(rows: Path, parts_file: Path, output: Path) -> None:
    """Do it."""
    frame = pd.read_csv(rows, na_values=["."])
    parts = np.load(parts_file)
    transformer = ColumnTransformer(
        [
            ("numeric", make_pipeline(SimpleImputer(), StandardScaler()), NUMERIC),
            (
                "categorical",
                make_pipeline(
                    SimpleImputer(strategy="most_frequent"),
                    OneHotEncoder(handle_unknown="ignore", sparse_output=False),
                ),
                CATEGORICAL,
            ),
        ],
        verbose_feature_names_out=False,
    )
    # What is missing has to be NaN in columns of objects, for scikit-learn's imputer.
    frame[CATEGORICAL] = frame[CATEGORICAL].astype(object)
    transformer.fit(frame[parts == 0])
    encoder = LabelEncoder().fit(frame["species"])
    for number, name in enumerate(("train", "validation", "test")):
        some = frame[parts == number]
        table = pd.DataFrame(
            transformer.transform(some), columns=transformer.get_feature_names_out()
        )
        table["species"] = encoder.transform(some["species"])
        (output / name).mkdir(parents=True)
        table.to_csv(output / name / f"{name}.csv", index=False)
    joblib.dump(transformer, output / "features.joblib")
    joblib.dump(encoder, output / "target.joblib")


if __name__ == "__main__":
    main(*map(Path, sys.argv[1:]))
