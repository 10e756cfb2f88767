"""The plugin is there once, and changes nothing where there is no drill."""

from tests.pytest_plugin.repository import Repository


def test_a_conftest_may_load_it_too(repository: Repository) -> None:
    repository.write("conftest.py", 'pytest_plugins = ["blackstart.pytest_plugin"]\n')
    repository.write(
        "test_own.py",
        "def test_it(request):\n"
        "    names = [n for n, _ in request.config.pluginmanager.list_name_plugin() if 'blackstart' in n]\n"
        "    assert names == ['blackstart.pytest_plugin']\n",
    )
    assert repository.pytest() == 0, repository.output


def test_without_a_drill_nothing_heavy_is_loaded(repository: Repository) -> None:
    repository.write(
        "test_own.py",
        "import signal, sys\n\n"
        "def test_it():\n"
        "    heavy = {'pydantic', 'numpy', 'boto3', 'chaoslib', 'kubernetes', 'yaml'}\n"
        "    assert not heavy & set(sys.modules)\n"
        "    assert 'blackstart.pytest_plugin' in sys.modules\n",
    )
    assert repository.pytest("-p", "no:hypothesispytest") == 0, repository.output
    assert not repository.home.exists()


def test_the_marker_and_the_options_explain_themselves(repository: Repository) -> None:
    repository.pytest("--markers")
    assert "@pytest.mark.drill(experiment" in repository.output
    repository.pytest("--help")
    for option in ("--topology", "--reports", "--timing", "--dry-run"):
        assert option in repository.output
