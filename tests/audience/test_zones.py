"""The time zone of a customer."""

import pytest

from mailsight.audience import zones


@pytest.mark.parametrize(
    ("country", "zone"),
    [
        ("NL", "Europe/Amsterdam"),
        ("gb", "Europe/London"),
        ("UK", "Europe/London"),
        (" US ", "America/New_York"),
        ("AU", "Australia/Sydney"),
        ("BR", "America/Sao_Paulo"),
        ("RU", "Europe/Moscow"),
        ("CN", "Asia/Shanghai"),
        ("ES", "Europe/Madrid"),
        ("Netherlands", None),
        ("", None),
        (None, None),
    ],
)
def test_a_country_has_one_zone(country: str | None, zone: str | None) -> None:
    assert zones.of_country(country) == zone


def test_every_country_has_an_existing_zone() -> None:
    assert len(zones.countries()) > 240
    assert all(zones.known(zone) == zone for zone in zones.countries().values())


@pytest.mark.parametrize(
    ("name", "zone"),
    [
        ("Europe/Lisbon", "Europe/Lisbon"),
        ("europe/lisbon ", "Europe/Lisbon"),
        ("UTC", "UTC"),
        ("Europe/Atlantis", None),
        ("../../etc/passwd", None),
        ("+02:00", None),
        (None, None),
    ],
)
def test_a_zone_is_known_by_name(name: str | None, zone: str | None) -> None:
    assert zones.known(name) == zone
