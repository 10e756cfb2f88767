import pytest

from blackstart.pytest_plugin import spans


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("60s", 60.0), ("500ms", 0.5), ("2m", 120.0), ("1.5 s", 1.5), (" 1h ", 3600.0), ("0s", 0.0)],
)
def test_a_span_is_a_number_and_its_unit(text: str, seconds: float) -> None:
    assert spans.seconds(text) == pytest.approx(seconds)


@pytest.mark.parametrize("wrong", ["60", "s", "-1s", "1 minute", "1m30s", "", "nan s", 60, None, True])
def test_anything_else_is_no_span(wrong: object) -> None:
    with pytest.raises(ValueError, match="write a number and its unit"):
        spans.seconds(wrong)
