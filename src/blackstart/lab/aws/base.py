"""moto, loaded for one purpose: started fast and small."""

import functools
import os
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from typing import Any


def load() -> None:
    """Import what takes long, leaving out what no drill asks for. Nothing may import moto before.

    moto reads 140 MB of EC2 instance offerings for every region of the world, and parses botocore's models several
    times over; both would take a second of the lab's start. The operations that need the offerings are refused (see
    ``refusals``).
    """
    os.environ.update(MOTO_EC2_LOAD_DEFAULT_AMIS="false", AWS_EC2_METADATA_DISABLED="true")
    os.environ.setdefault("MOTO_DISABLE_GLOBAL_CORS", "true")
    _parse_models_once()
    with _without_offerings():
        import_module("moto.ec2.models")
    _freeze_fault_injection_states()


def _parse_models_once() -> None:
    loaders = import_module("botocore.loaders").JSONFileLoader
    parse = functools.cache(functools.partial(loaders.load_file, loaders()))
    loaders.load_file = lambda _, path: parse(path)


@contextmanager
def _without_offerings() -> Iterator[None]:
    resources = import_module("moto.utilities.utils")
    original = resources.load_resource

    def load_resource(name: str) -> Any:
        return [] if "instance_type_offerings" in name else original(name)

    vars(resources)["load_resource"] = load_resource
    try:
        yield
    finally:
        vars(resources)["load_resource"] = original


def _freeze_fault_injection_states() -> None:
    """Let no experiment move on because somebody looks at it: ours move when the plant has acted."""
    states = import_module("moto.moto_api").state_manager
    states.set_transition("fis::experiment", {"progression": "manual", "times": 2**63})
