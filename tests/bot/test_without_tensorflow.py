"""Rasa runs without TensorFlow, and what would need it fails by name."""

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
LEAVE_OUT = "from bot.without_tensorflow import leave_tensorflow_out; leave_tensorflow_out(); "


def run(code: str) -> "subprocess.CompletedProcess[str]":
    environment = {key: os.environ[key] for key in ("PATH", "HOME") if key in os.environ}
    return subprocess.run(
        [sys.executable, "-W", "ignore", "-c", code],
        cwd=ROOT,
        env={**environment, "RASA_TELEMETRY_ENABLED": "false"},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def test_all_that_the_rasa_process_loads_comes_up_without_it() -> None:
    done = run(
        LEAVE_OUT
        + "import sys, rasa.core.run, rasa.core.agent, bot.channel, bot.tracker_store;"
        + "real = [n for n, m in sys.modules.items() if n.split('.')[0] in"
        + " ('tensorflow', 'keras', 'tensorflow_addons') and getattr(m, '__file__', None)];"
        + "maps = open('/proc/self/maps').read();"
        + "print(real, 'libtensorflow' in maps or '_pywrap_tensorflow' in maps)"
    )
    assert done.stdout.strip().splitlines()[-1:] == ["[] False"], done.stderr[-2000:]


def test_a_component_that_needs_it_fails_by_name() -> None:
    done = run(
        LEAVE_OUT
        + "from rasa.utils.tensorflow.models import RasaModel;"
        + "from rasa.nlu.classifiers.diet_classifier import DIET;"
        + "from rasa.utils.tensorflow.layers import DenseForSparse;"
        + "import tensorflow as tf; tf.constant([1.0]).numpy()"
    )
    assert done.returncode == 1
    assert "TensorFlow was left out: config.yml must name no component that needs it" in done.stderr


def test_training_with_such_a_component_fails_by_name(tmp_path: Path) -> None:
    (tmp_path / "config.yml").write_text(
        "recipe: default.v1\nlanguage: en\nassistant_id: x\npipeline:\n- name: WhitespaceTokenizer\n"
        "- name: CountVectorsFeaturizer\n- name: DIETClassifier\n  epochs: 1\npolicies: []\n"
    )
    (tmp_path / "nlu.yml").write_text(
        'version: "3.1"\nnlu:\n'
        "- intent: a\n  examples: |\n    - one\n    - uno\n"
        "- intent: b\n  examples: |\n    - two\n    - due\n"
    )
    (tmp_path / "domain.yml").write_text('version: "3.1"\nintents: [a, b]\n')
    done = run(
        LEAVE_OUT
        + f"from rasa.model_training import train; train(domain={str(tmp_path / 'domain.yml')!r},"
        + f" config={str(tmp_path / 'config.yml')!r}, training_files={str(tmp_path / 'nlu.yml')!r},"
        + f" output={str(tmp_path / 'out')!r}, force_training=True)"
    )
    assert done.returncode != 0
    assert "TensorFlow was left out" in done.stderr, done.stderr[-2000:]


def test_it_is_too_late_once_tensorflow_is_there() -> None:
    done = run(
        "import sys, types; sys.modules['tensorflow'] = types.ModuleType('tensorflow');" + LEAVE_OUT
    )
    assert done.returncode == 1
    assert "TensorFlow is imported already" in done.stderr
