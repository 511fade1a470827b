"""What AWS's images hold: their Python, and the packages that scripts import.

Data, with its source. Files are those of ``aws/deep-learning-containers`` (``DLC``)
and ``aws/sagemaker-scikit-learn-container`` (``SKL``). What an image leaves open (a
build takes the newest that fits) is left open here, too.
"""

from __future__ import annotations

import re
from typing import Final

import attrs

TENSORFLOW: Final = "tensorflow-training"
SKLEARN: Final = "sagemaker-scikit-learn"
PIN: Final = re.compile(r"[^=]+==[^=*]+")


@attrs.frozen(kw_only=True)
class ImageContent:
    """What one version of an image holds.

    Attributes:
        repository: The last part of the image's name.
        version: What its tag begins with.
        python: The Python's version, without the last number.
        packages: Requirements: exact wherever the image's source is.
        source: Where that is written.
    """

    repository: str
    version: str
    python: str
    packages: tuple[str, ...]
    source: str

    @property
    def name(self) -> str:
        """What people call it."""
        return f"{self.repository}:{self.version}"

    @property
    def open_packages(self) -> tuple[str, ...]:
        """The requirements of which the source does not say the exact version."""
        return tuple(each for each in self.packages if not PIN.fullmatch(each))

    def is_of(self, image: str) -> bool:
        """Return whether an image's URI names this one, for processors."""
        name, _, tag = image.rpartition("/")[2].partition(":")
        version = re.escape(self.version)
        return name == self.repository and bool(
            re.fullmatch(rf"{version}(-cpu(-.+)?)?", tag)
        )


KNOWN: Final = (
    ImageContent(
        repository=TENSORFLOW,
        version="2.21.0",
        python="3.12",
        packages=(
            "tensorflow==2.21.0",
            "keras==3.15.1",
            "numpy==2.4.6",
            "pandas==2.3.3",
            "scikit-learn==1.8.0",
            "scipy==1.17.1",
            "h5py==3.14.0",
            "joblib==1.5.3",
        ),
        source="DLC, main: docker/tensorflow/2.21/cpu/uv.lock",
    ),
    ImageContent(
        repository=TENSORFLOW,
        version="2.19.0",
        python="3.12",
        packages=(
            "tensorflow==2.19.0",
            "tf-keras==2.19.0",
            "keras>=3.5.0",
            "numpy>=1.26,<2.2",
            "pandas",
            "scikit-learn",
        ),
        source="DLC, master: tensorflow/training/docker/2.19/py3/Dockerfile.cpu",
    ),
    ImageContent(
        repository=TENSORFLOW,
        version="2.18.0",
        python="3.10",
        packages=("tensorflow==2.18.0", "numpy<2", "pandas", "scikit-learn"),
        source="DLC, master: tensorflow/training/docker/2.18/py3/Dockerfile.cpu",
    ),
    ImageContent(
        repository=TENSORFLOW,
        version="2.16.2",
        python="3.10",
        packages=("tensorflow==2.16.2", "pandas", "scikit-learn"),
        source="DLC, master: tensorflow/training/docker/2.16/py3/Dockerfile.cpu",
    ),
    ImageContent(
        repository=SKLEARN,
        version="1.9-0",
        python="3.12",
        packages=(
            "scikit-learn==1.9.0",
            "numpy==2.5.1",
            "pandas==2.2.3",
            "scipy==1.18.0",
            "joblib==1.5.3",
        ),
        source="DLC, main: docker/sklearn/1.9-0/uv.lock",
    ),
    ImageContent(
        repository=SKLEARN,
        version="1.4-2-py312",
        python="3.12",
        packages=(
            "scikit-learn==1.4.2",
            "numpy==2.1.0",
            "pandas==2.3.2",
            "scipy>=1.9.0",
        ),
        source="SKL, tag v1.4-2-py312: docker/1.4-2/base/Dockerfile.cpu",
    ),
    ImageContent(
        repository=SKLEARN,
        version="1.4-2",
        python="3.10",
        packages=(
            "scikit-learn==1.4.2",
            "numpy==2.1.0",
            "pandas==2.3.2",
            "scipy>=1.9.0",
        ),
        source="SKL, branch v1.4-2: docker/1.4-2/base/Dockerfile.cpu",
    ),
    ImageContent(
        repository=SKLEARN,
        version="1.2-1",
        python="3.10",
        packages=(
            "scikit-learn==1.2.1",
            "numpy==1.24.1",
            "pandas==1.5.3",
            "scipy==1.9.3",
        ),
        source="SKL, tag v1.2-1-1 of 2025-09: requirements.txt",
    ),
)


def content_of(image: str, known: tuple[ImageContent, ...] = KNOWN) -> ImageContent:
    """Return what an image holds.

    Raises:
        LookupError: Nobody here knows.
    """
    for each in known:
        if each.is_of(image):
            return each
    raise LookupError(image)
