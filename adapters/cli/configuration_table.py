"""docs/configuration.md, made from the settings class so that neither can lie: `python -m adapters.cli.configuration_table`."""

from __future__ import annotations

from pathlib import Path

from pydantic import SecretStr

from bot.config import Config

FILE = Path(__file__).parents[2] / "docs" / "configuration.md"
_HEAD = """# Configuration

<!-- Made by `python -m adapters.cli.configuration_table` from bot/config.py. Change the descriptions there. -->

Every setting of a deployment is an environment variable with the prefix `VINKKI_`, or a line of a `.env` file in the folder
where Vinkki is started. Each can also be handed over as a file: `VINKKI_SECRET_KEY_FILE=/run/secrets/key` (also in `.env`) reads
the secret from there, which is how container platforms and systemd do it. A variable wins over a file, both over `.env`; an empty
one is as good as none. `vinkki doctor` says what is missing and how to get it; a wrong
setting stops the start with exit code 78 and names the variable, never its value.

What HR decides (quiet hours, balance of stories, retention, payroll's file …) is not here: it stands in the admin desk, with
who changed it and an undo.

| Variable | Default | Secret | What it is |
|---|---|---|---|
"""
_TAIL = """
## Keeping the key

`VINKKI_SECRET_KEY` encrypts names of candidates, tokens and drafts in the database. It is not in a backup: keep a copy apart
from the backups, since without it what is encrypted is lost. To change it, make a new key, put the old one into
`VINKKI_SECRET_KEYS_OLD`, and start again.
"""


def table() -> str:
    """The whole page."""
    rows = []
    for name, field in Config.model_fields.items():
        is_secret = field.annotation is SecretStr
        default = "" if is_secret or field.default == "" else f"`{str(field.default).lower() if isinstance(field.default, bool) else field.default}`"
        described = (field.description or "").replace("|", "\\|")
        rows.append(f"| `VINKKI_{name.upper()}` | {default} | {'yes' if is_secret else ''} | {described} |")
    return _HEAD + "\n".join(rows) + "\n" + _TAIL


if __name__ == "__main__":
    FILE.write_text(table(), encoding="utf-8")
