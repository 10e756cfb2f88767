"""The game day that comes along: each drill has its test, and each test reads as a sentence."""

import ast
from pathlib import Path

from blackstart import experiment

SUITES = Path(__file__).parents[2] / "suites"


def drills() -> list[ast.FunctionDef]:
    files = sorted(SUITES.glob("test_*.py"))
    return [node for file in files for node in ast.parse(file.read_text()).body if isinstance(node, ast.FunctionDef)]


def marked(test: ast.FunctionDef) -> str:
    (mark,) = test.decorator_list
    assert isinstance(mark, ast.Call)
    (name,) = mark.args
    assert isinstance(name, ast.Constant)
    return str(name.value)


def test_every_experiment_has_its_test() -> None:
    assert set(experiment.names()) <= {marked(test) for test in drills()}


def test_every_test_is_explained_and_asks_for_its_objectives() -> None:
    for test in drills():
        assert ast.get_docstring(test), test.name
        assert ast.unparse(test.body[-1]) == "drill.run().met()", test.name


def test_the_suites_import_nothing_but_pytest() -> None:
    for file in SUITES.glob("test_*.py"):
        nodes = ast.walk(ast.parse(file.read_text()))
        imported = [node for node in nodes if isinstance(node, ast.Import | ast.ImportFrom)]
        assert [ast.unparse(node) for node in imported] == ["import pytest"], file.name
