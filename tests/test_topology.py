from pathlib import Path

import pytest
import yaml

from blackstart import topology
from blackstart.outcome import UsageError
from tests.topology_data import topology_data


def test_a_whole_topology_is_read(tmp_path: Path) -> None:
    path = tmp_path / "topology.yaml"
    path.write_text(yaml.safe_dump(topology_data()))
    read = topology.load(path)
    assert read.region_named("standby") == "eu-central-1"
    assert read.region_named("eu-west-1") == "eu-west-1"
    assert read.database.writer.record is not None
    assert read.database.writer.record.ttl_s == 2


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (lambda d: d.update(primry="x"), "primry: is not a field of a topology"),
        (lambda d: d.pop("resolver", None) or d.pop("standby"), "standby: is missing"),
        (lambda d: d["database"].pop("global_cluster"), "database.global_cluster: is missing"),
        (lambda d: d.update(primary="us-east-1"), "primary is 'us-east-1', which is not under regions"),
        (lambda d: d.update(standby="eu-west-1"), "primary and standby are both 'eu-west-1'"),
        (lambda d: d["regions"]["eu-west-1"].update(account="12"), "regions.eu-west-1.account"),
        (lambda d: d["regions"]["eu-west-1"]["kubernetes"].update(replicas=0), "replicas"),
        (
            lambda d: d["regions"]["eu-west-1"].update(cache={"endpoint": "cache.lab"}),
            "regions.eu-west-1.cache.endpoint",
        ),
        (lambda d: d["orders"]["read"].update(cache={"header": "X-Cache"}), "orders.read.cache.hit: is missing"),
        (lambda d: d["database"].update(writer={}), "give either record or global_endpoint"),
        (lambda d: d.update(aws={"credentials": {"access_key": "AKIA"}}), "aws.credentials"),
    ],
)
def test_a_wrong_field_is_named_in_one_line(change: object, says: str) -> None:
    data = topology_data()
    change(data)  # type: ignore[operator]
    with pytest.raises(UsageError) as error:
        topology.parse(data, "t.yaml")
    assert says in str(error.value)
    assert "\n" not in str(error.value)
    assert str(error.value).startswith("topology t.yaml: ")


def test_broken_yaml_is_named_with_its_line(tmp_path: Path) -> None:
    path = tmp_path / "t.yaml"
    path.write_text("version: 1\nname: [\n")
    with pytest.raises(UsageError, match=r"line 3, column 1"):
        topology.load(path)


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"cannot be read \(No such file"):
        topology.load(tmp_path / "t.yaml")


def test_a_region_that_is_not_there() -> None:
    read = topology.parse(topology_data(), "t")
    with pytest.raises(UsageError, match=r"region 'us-east-1' is not in topology 'shop'"):
        read.region_named("us-east-1")


def test_patience_is_the_topologys_else_by_kind() -> None:
    fast = topology.parse(topology_data(), "t")
    slow = topology.parse(topology_data() | {"timing": None, "kind": "aws"}, "t")
    own = topology.parse(topology_data() | {"patience_s": 3}, "t")
    assert (fast.patience, slow.patience, own.patience) == (20, 900, 3)


def test_a_listener_of_another_accelerator_is_refused() -> None:
    data = topology_data()
    data["accelerator"] = {**data["accelerator"], "arn": "arn:another"}
    with pytest.raises(UsageError, match="none of accelerator"):
        topology.parse(data, "t")
