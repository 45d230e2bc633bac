from mailsight.figures.metrics import FIGURES
from mailsight.vocabulary import FUNNEL_ORDER, SENT_STATES, Status


def test_every_state_but_not_sent_belongs_to_a_sent_message() -> None:
    assert list(Status) == ["not_sent", "not_received", "received", "opened", "clicked", "opted_out"]
    assert [Status.NOT_SENT, *SENT_STATES] == list(Status)
    assert set(FUNNEL_ORDER) == set(SENT_STATES)


def test_every_state_has_a_label_a_meaning_and_a_colour_of_its_own() -> None:
    for word in ("label", "meaning", "colour"):
        assert len({getattr(status, word) for status in Status} - {""}) == len(Status)


def test_the_state_and_the_count_not_sent_have_the_same_label() -> None:
    assert Status.NOT_SENT.label == FIGURES[Status.NOT_SENT].label
