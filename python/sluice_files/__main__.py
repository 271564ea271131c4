"""python3 -m sluice_files DATA: raw files as JSON lines."""

import argparse
import json

from .read import messages

parser = argparse.ArgumentParser(prog="sluice_files", description=__doc__)
parser.add_argument("data", help="the cloud's folder of raw files")
for option in ("app-id", "dev-id", "first", "last"):
    parser.add_argument("--" + option)
arguments = parser.parse_args()
for message in messages(
    arguments.data, arguments.app_id, arguments.dev_id, arguments.first, arguments.last
):
    print(json.dumps(message, ensure_ascii=False, separators=(",", ":")))
