"""The ``SM_*`` variables that AWS's training toolkit 5.1.4 sets for a script.

Paths are those inside a container until a work tree localizes them.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final

from penguin_pipes.local.contract import training
from penguin_pipes.local.contract.cluster import LEADER, Instance

if TYPE_CHECKING:
    from collections.abc import Mapping

    from penguin_pipes.local.contract.host import Host
    from penguin_pipes.local.contract.script_mode import ScriptMode
    from penguin_pipes.local.contract.training import TrainingRequest

FRAMEWORKS: Final = ("tensorflow", "pytorch", "sklearn", "xgboost", "mxnet", "chainer")
"""Images name their toolkit's module: ``sagemaker_<framework>_container.training``."""


def framework_module(image: str) -> str | None:
    """Return the module that an AWS image's toolkit is started through."""
    name = image.rpartition("/")[2]
    found = next((each for each in FRAMEWORKS if each in name), None)
    return f"sagemaker_{found}_container.training:main" if found else None


def environment(
    script: ScriptMode,
    request: TrainingRequest,
    *,
    job_name: str,
    host: Host,
    instance: Instance = LEADER,
) -> dict[str, str]:
    """Return what the toolkit adds to the script's environment."""
    facts = _facts(script, request, host, instance)
    everything = _everything(script, facts, job_name)
    channels = {
        f"channel_{name}": path for name, path in _channel_paths(request).items()
    }
    values = {f"hp_{name}": value for name, value in script.hyperparameters.items()}
    told = {
        **facts,
        "hps": script.hyperparameters,
        "framework_params": script.framework,
        "channels": sorted(_channel_paths(request)),
        "user_args": list(script.arguments),
        "training_env": everything,
    }
    variables = {
        f"SM_{name}".upper(): _variable(value)
        for name, value in (told | channels | values).items()
    }
    path = [training.CODE, request.environment.get("PYTHONPATH", "")]
    return {
        **of_image(request.image, request.environment, script.region),
        **variables,
        "SAGEMAKER_REGION": script.region,
        "SAGEMAKER_JOB_NAME": script.job_name,
        "CURRENT_HOST": instance.name,
        "PYTHONPATH": ":".join(filter(None, path)),
    }


def _facts(
    script: ScriptMode, request: TrainingRequest, host: Host, instance: Instance
) -> dict[str, Any]:
    """Return what both the single variables and ``SM_TRAINING_ENV`` say."""
    resources = training.resource_config(request, instance)
    groups = {
        group["instance_group_name"]: group for group in resources["instance_groups"]
    }
    return {
        "current_host": instance.name,
        "current_instance_group": training.GROUP,
        "current_instance_group_hosts": resources["hosts"],
        "current_instance_type": request.instance_type,
        "distribution_instance_groups": [],
        "framework_module": framework_module(request.image),
        "hosts": resources["hosts"],
        "input_config_dir": training.CONFIG,
        "input_data_config": training.input_data_config(request),
        "input_dir": training.INPUT,
        "instance_groups": list(groups),
        "instance_groups_dict": groups,
        "is_hetero": False,
        "log_level": script.log_level,
        "model_dir": training.MODEL,
        "module_dir": script.source,
        "module_name": script.program.removesuffix(".py"),
        "network_interface_name": resources["network_interface_name"],
        "num_cpus": host.cpus,
        "num_gpus": host.gpus,
        "num_neurons": 0,
        "output_data_dir": training.OUTPUT_DATA,
        "output_dir": training.OUTPUT,
        "output_intermediate_dir": training.OUTPUT_INTERMEDIATE,
        "resource_config": resources,
        "user_entry_point": script.program,
    }


def _everything(
    script: ScriptMode, facts: Mapping[str, Any], job_name: str
) -> dict[str, Any]:
    """Return what ``SM_TRAINING_ENV`` says."""
    return {
        **facts,
        "additional_framework_parameters": script.framework,
        "channel_input_dirs": {
            name: f"{training.CHANNELS}/{name}" for name in facts["input_data_config"]
        },
        "distribution_hosts": [],
        "hyperparameters": script.hyperparameters,
        "is_master": facts["current_host"] == facts["hosts"][0],
        "is_modelparallel_enabled": None,
        "is_smddpmprun_installed": False,
        "is_smddprun_installed": False,
        "job_name": job_name,
        "master_hostname": facts["hosts"][0],
        "topology": [],
    }


def _channel_paths(request: TrainingRequest) -> dict[str, str]:
    """Return the channels' folders by their names."""
    return {channel.name: channel.path for channel in request.channels}


def _variable(value: Any) -> str:
    """Return a value as the toolkit writes it into an environment variable."""
    if value is None:
        return ""
    if isinstance(value, str):
        return value
    return json.dumps(value, sort_keys=True, separators=(",", ":"))


def of_image(image: str, asked: Mapping[str, str], region: str = "") -> dict[str, str]:
    """Return what an image's toolkit sets besides, whatever the job.

    The TensorFlow images' overrides the request's log level; here the request's wins,
    for TensorFlow has more to complain of on a laptop.

    Args:
        image: Its URI, or the framework that it is for.
        asked: The request's environment.
        region: The job's.
    """
    if "tensorflow" not in image:
        return {}
    return {
        "S3_REGION": region,
        "S3_USE_HTTPS": "1",
        "TF_CPP_MIN_LOG_LEVEL": asked.get("TF_CPP_MIN_LOG_LEVEL", "1"),
    }
