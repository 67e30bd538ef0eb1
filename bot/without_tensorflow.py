"""Start Rasa without TensorFlow.

Rasa imports TensorFlow even when no component of the pipeline uses it: about ten seconds and 350 MB at each
start. This finder answers those imports with empty stand-ins. A component that really needs TensorFlow then
fails at once and by name, which `tests/bot` proves; ours need none (see config.yml).
"""

import importlib.abc
import importlib.machinery
import sys
import types
from typing import Any, Optional, Sequence

_PACKAGES = frozenset(
    {
        "tensorflow",
        "tensorflow_addons",
        "tensorflow_hub",
        "tensorflow_text",
        "keras",
        "tensorflow_probability",
    }
)


class _Meta(type):
    def __call__(cls, *args: Any, **kwargs: Any) -> Any:
        _only_while_importing()
        return super().__call__(*args, **kwargs)

    def __getattr__(cls, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        return _Missing


class _Missing(metaclass=_Meta):
    """Anything TensorFlow would offer: may be named, subclassed and used as a decorator, never worked with."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        # As a decorator with options (`@tf.function(...)`) it is built, then called with the function.
        self._args = args

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        _only_while_importing()
        return args[0] if len(args) == 1 and callable(args[0]) else self

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        return _Missing

    def __class_getitem__(cls, item: Any) -> Any:
        return cls

    def __or__(self, other: Any) -> Any:
        return self


def _only_while_importing() -> None:
    """Rasa's modules call TensorFlow while they are read; whoever calls it later wants it to work."""
    frame = sys._getframe(1)
    while frame is not None:
        if frame.f_code.co_filename.startswith("<frozen importlib"):
            return
        frame = frame.f_back
    raise RuntimeError("TensorFlow was left out: config.yml must name no component that needs it")


class _StandIn(types.ModuleType):
    __path__: Sequence[str] = ()
    __version__ = "0"

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        return _Missing


class _Finder(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    def find_spec(
        self, fullname: str, path: Any, target: Any = None
    ) -> Optional[importlib.machinery.ModuleSpec]:
        if fullname.split(".")[0] in _PACKAGES:
            return importlib.machinery.ModuleSpec(fullname, self, is_package=True)
        return None

    def create_module(self, spec: importlib.machinery.ModuleSpec) -> types.ModuleType:
        return _StandIn(spec.name)

    def exec_module(self, module: types.ModuleType) -> None:
        return None


def leave_tensorflow_out() -> None:
    """Answer later imports of TensorFlow with stand-ins. Call before Rasa is imported."""
    if any(name.split(".")[0] in _PACKAGES for name in sys.modules):
        raise RuntimeError("TensorFlow is imported already")
    sys.meta_path.insert(0, _Finder())
