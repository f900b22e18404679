"""Every durable operation killed before and after each of its calls, then simply done again."""

from pathlib import Path

from tests.fakes.interruptions import killed
from tests.faults import durable_scenario

EXPECTED = {
    "new": b"new",
    "old": b"replaced",
    "made/linked": b"new",
    "made/moved": b"moved",
}


def files(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_doing_it_again_after_a_kill_ends_in_one_state(tmp_path: Path) -> None:
    places = killed(durable_scenario.__name__, tmp_path)
    assert len(places) > 40, "every call was stopped before and after"
    for place in places:
        left = files(place)
        assert left["old"] in (b"old", b"replaced"), f"{place.name}: never a mixture"
        assert left.get("new", b"new") == b"new", f"{place.name}: never a part"
        assert "spare/file" in left or "made/moved" in left, f"{place.name}: never without a name"
        durable_scenario.work(place)
        assert files(place) == EXPECTED, place.name
        assert not (place / "tree").exists()
