"""That somebody waits is told to the child that runs, to one that comes later, and to each once."""

from ingest.haste import Haste


def test_the_running_child_is_raised_once() -> None:
    haste, raised = Haste(), list[str]()
    with haste.running(lambda: raised.append("render")):
        assert (raised, haste.wanted) == ([], False)
        haste.hurry()
        haste.hurry()
    assert (raised, haste.wanted) == (["render"], True)


def test_one_that_begins_later_is_raised_as_it_begins_and_never_after_its_end() -> None:
    haste, raised = Haste(), list[str]()
    with haste.running(lambda: raised.append("one")):
        pass
    haste.hurry()
    assert raised == [], "it has ended, and its number may be another's by now"
    with haste.running(lambda: raised.append("two")):
        assert raised == ["two"]
