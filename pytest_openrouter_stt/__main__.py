"""``python -m pytest_openrouter_stt``: the same as the command."""

import sys

from pytest_openrouter_stt.command_line import main

sys.exit(main())
