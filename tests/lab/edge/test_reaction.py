"""The reaction time: late both ways, blind to what does not last."""

from hypothesis import given
from hypothesis import strategies as st

from blackstart.lab.edge.reaction import Reaction


def test_the_first_look_counts_at_once():
    assert Reaction(30).healthy({"a": True, "b": False}, 0) == {"a"}


def test_a_change_counts_once_it_has_stayed():
    reaction = Reaction(30)
    reaction.healthy({"a": True}, 0)
    assert reaction.healthy({"a": False}, 10) == {"a"}
    assert reaction.healthy({"a": False}, 39.9) == {"a"}
    assert reaction.healthy({"a": False}, 40) == set()
    assert reaction.healthy({"a": True}, 50) == set()
    assert reaction.healthy({"a": True}, 79.9) == set()
    assert reaction.healthy({"a": True}, 80) == {"a"}


def test_a_flap_starts_the_time_anew():
    reaction = Reaction(1)
    reaction.healthy({"a": True}, 0)
    reaction.healthy({"a": False}, 0.1)
    reaction.healthy({"a": True}, 0.9)
    assert reaction.healthy({"a": False}, 1.5) == {"a"}
    assert reaction.healthy({"a": False}, 2.4) == {"a"}
    assert reaction.healthy({"a": False}, 2.5) == set()


def test_who_is_gone_is_forgotten():
    reaction = Reaction(1)
    reaction.healthy({"a": True}, 0)
    assert reaction.healthy({}, 1) == set()
    assert reaction.healthy({"a": False}, 2) == set()


@given(st.lists(st.tuples(st.floats(0.01, 5), st.booleans()), min_size=1, max_size=40), st.floats(0, 10))
def test_health_counts_exactly_when_it_has_stayed_for_the_delay(looks, delay_s):
    reaction, now_s, since_s, last, counted = Reaction(delay_s), 0.0, 0.0, None, None
    for step_s, health in looks:
        now_s += step_s
        since_s, last = (now_s if health != last else since_s), health
        counts = "a" in reaction.healthy({"a": health}, now_s)
        stayed = now_s - since_s >= delay_s
        if counted is not None and counts != counted:
            assert stayed
        if counted is None or stayed:
            assert counts == health
        counted = counts
