"""A box that has been in a school for a month: what its engine, its system and couriers left."""

import json
import os
from datetime import datetime, timedelta

import msgspec

from content_packs import durable
from sync_node import asked_check, budget, power_cuts, state, stations, trusted_time
from sync_node.asked_check import Checked
from sync_node.database import using_database
from sync_node.link import LinkObservation
from sync_node.models import TickRow
from sync_node.power_cuts import Cut, Power
from tests.sync_node.lan.school import School

HUB = "https://hub.county.example/"
CONFIG = f"""format = 1
time_zone = "+08:00"
couriers = []
[[sources]]
hub = "{HUB}"
megabytes_per_day = 60
megabytes_per_month = 600
"""


def words(moment: datetime) -> str:
    return trusted_time.in_words(moment)


def a_month_at_school(school: School, now: datetime) -> None:
    """Leave what a month leaves. Everything is as it should be, but for one power cut."""
    data_dir = school.data_dir
    durable.write(data_dir.config, CONFIG.encode())
    spent = {}
    with using_database(data_dir):
        TickRow.delete().execute()
        for day in range(30, -1, -1):
            size = 0 if day % 7 in {2, 3} else 3_000_000 + (day * 7_919_000) % 52_000_000
            ended = now - timedelta(days=day, minutes=5)
            spent[f"{ended + timedelta(hours=8):%Y-%m-%d}"] = size
            TickRow.create(
                started_at=words(ended - timedelta(minutes=20)), ended_at=words(ended),
                seconds=1_200, bytes_in=size, bytes_out=size // 400, requests=14, cuts=day % 5 == 1,
                outcome="cut" if day % 5 == 1 else "not-now", detail="",
                links=json.dumps({HUB: [size, size // 400, 14, int(day % 5 == 1)]}),
            )  # fmt: skip
        state.remember_links({HUB: LinkObservation(81_000.0, 0.64, 6)})
        state.remember_scrubbed("", now - timedelta(days=4))
    durable.write(
        data_dir.root / budget.NAME, json.dumps({"format": 1, "sources": {HUB: spent}}).encode()
    )
    cut = Cut("power", words(now - timedelta(days=3, hours=2)), words(now - timedelta(days=3)))
    power = Power(boot="b", since=words(now), ended=words(now - timedelta(days=9)), cuts=(cut,))
    durable.write(
        data_dir.root / power_cuts.NAME,
        msgspec.json.encode(msgspec.structs.replace(power, cuts_in_all=4)),
    )
    asked_check.note(
        data_dir, Checked("clean", words(now), words(now - timedelta(hours=3)), files=1_204)
    )
    heard = [{"signal": -48 - number % 20, "seconds": 600} for number in range(41)]
    put_stations(school, now, [*heard, {"signal": -84}])


def put_stations(
    school: School, now: datetime, found: list[dict[str, int]], **more: object
) -> None:
    """Write what an access point would."""
    durable.make_folder(school.data_dir.run)
    place = school.data_dir.run / stations.NAME
    durable.write(place, json.dumps({"format": 1, "stations": found, **more}).encode())
    os.utime(place, (now.timestamp(), now.timestamp()))
