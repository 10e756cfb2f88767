from blackstart.report.strip import LENGTH, Strips


def state(word, bad):
    return {"canaries": {"a": {"state": word, "bad": bad}}}


def test_each_state_is_a_sign_and_the_oldest_leave():
    strips = Strips()
    for word in ("good", "silent", "good"):
        strips.take(state(word, 0))
    assert strips.of("a").plain == "▂·▂"
    for _ in range(2 * LENGTH):
        strips.take(state("good", 0))
    assert strips.of("a").plain == "▂" * LENGTH
    assert strips.of("b").plain == ""


def test_what_failed_for_a_moment_between_two_good_states_is_seen():
    strips = Strips()
    strips.take(state("good", 2))
    assert strips.take(state("good", 5)) == {"a": 3}
    assert strips.take(state("good", 5)) == {"a": 0}
    assert strips.of("a").plain == "██▂"
