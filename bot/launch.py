"""Start the Rasa process: loopback only, no HTTP API, one internal channel, no TensorFlow.

Run as `python -m bot.launch` by the supervisor. Settings come by environment: VERA_RASA_PORT,
VERA_ACTIONS_URL, VERA_INTERNAL_SECRET, VERA_TRACKER_DB (an SQLAlchemy 1.4 URL), VERA_MODEL (a file or a
folder), VERA_RASA_LOG_LEVEL.
"""

import logging
import os
import sys
import warnings
from pathlib import Path

HERE = Path(__file__).resolve().parent


def main() -> int:
    missing = [
        name
        for name in (
            "VERA_RASA_PORT",
            "VERA_ACTIONS_URL",
            "VERA_INTERNAL_SECRET",
            "VERA_TRACKER_DB",
        )
        if not os.environ.get(name)
    ]
    if missing:
        print(f"{', '.join(missing)} must be set: start Rasa with `vera run`.", file=sys.stderr)
        return 2

    os.environ["RASA_TELEMETRY_ENABLED"] = "false"
    os.environ.setdefault("SQLALCHEMY_SILENCE_UBER_WARNING", "1")
    warnings.simplefilter("ignore")
    from bot.without_tensorflow import leave_tensorflow_out

    leave_tensorflow_out()

    from bot.failed_actions import abandon_turns_of_failed_actions
    from bot.response_validator import compile_response_validator

    compile_response_validator()
    abandon_turns_of_failed_actions()

    from rasa.core.run import serve_application
    from rasa.core.utils import AvailableEndpoints
    from rasa.utils.common import configure_logging_and_warnings
    from rasa.utils.log_utils import configure_structlog

    named = logging.getLevelName(os.environ.get("VERA_RASA_LOG_LEVEL", "info").upper())
    level = named if isinstance(named, int) else logging.INFO
    configure_logging_and_warnings(level)
    # Rasa logs through structlog as well; unconfigured it would print every slot and text at debug.
    configure_structlog(level)
    serve_application(
        model_path=os.environ.get("VERA_MODEL", str(HERE.parent / "models")),
        interface="127.0.0.1",
        port=int(os.environ["VERA_RASA_PORT"]),
        credentials=str(HERE / "credentials.yml"),
        enable_api=False,
        endpoints=AvailableEndpoints.read_endpoints(str(HERE / "endpoints.yml")),
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
