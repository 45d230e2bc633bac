from mailsight.figures.metrics import FIGURES
from mailsight.vocabulary import SENT_STATES, Stage, Status


def test_every_state_but_the_first_two_belongs_to_a_sent_message() -> None:
    assert list(Status) == [
        "planned",
        "not_sent",
        "not_received",
        "received",
        "opened",
        "clicked",
        "opted_out",
    ]
    assert [Status.PLANNED, Status.NOT_SENT, *SENT_STATES] == list(Status)


def test_the_stages_are_counts_and_each_ends_in_a_state_of_its_own() -> None:
    assert [FIGURES[stage].key for stage in Stage] == ["sent", "delivered", "opened", "clicked"]
    assert [*(stage.stops_as for stage in Stage), Status.OPTED_OUT] == list(SENT_STATES)


def test_no_state_has_the_name_of_a_larger_count() -> None:
    """The card Opened counts more customers than the state of those who opened but did not click."""
    assert Status.OPENED.label != FIGURES["opened"].label
    assert Status.RECEIVED.label not in (FIGURES["delivered"].label, Stage.RECEIVED.label)


def test_every_state_has_a_label_a_meaning_and_a_colour_of_its_own() -> None:
    for word in ("label", "meaning", "colour"):
        assert len({getattr(status, word) for status in Status} - {""}) == len(Status)


def test_the_state_and_the_count_not_sent_have_the_same_label() -> None:
    assert Status.NOT_SENT.label == FIGURES[Status.NOT_SENT].label
