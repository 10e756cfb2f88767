import yaml

from blackstart.lab.layout import Layout
from blackstart.lab.plant import ports, topology_file
from blackstart.lab.specification import Specification

LAYOUT = Layout(110, ports.USUAL, ("eu-west-1", "eu-central-1"))


def region(name):
    return {
        "load_balancer_arn": f"arn:alb:{name}",
        "target_group_arn": f"arn:tg:{name}",
        "alb_security_group": f"sg-{name}",
        "pods_security_group": f"sg-pods-{name}",
        "cluster": "shop",
        "fis_templates": {"region-loss": f"EXT{name}", "cache-loss": f"EXC{name}"},
    }


RESOURCES = {
    "accelerator_arn": "arn:ga",
    "listener_arn": "arn:ga/listener",
    "zone_id": "Z1",
    "regions": {name: region(name) for name in LAYOUT.regions},
    "global_cluster": "shop",
    "secret": "shop/database",
    "alarms": ["shop-primary-entry"],
    "failover_function": "arn:function",
}


def test_the_file_says_what_a_drill_reads(tmp_path):
    path = topology_file.write(tmp_path, LAYOUT, Specification(pods=3), RESOURCES)
    found = yaml.safe_load(path.read_text())
    assert list(found) == [
        "version", "name", "kind", "timing", "fidelity", "aws", "primary", "standby", "resolver", "accelerator",
        "regions", "database", "orders", "fault_injection", "automation",
    ]  # fmt: skip
    assert found["resolver"] == "127.110.0.53:8053"
    assert found["aws"]["endpoint_url"] == "http://127.110.0.1:4566"
    assert found["accelerator"] == {"arn": "arn:ga", "listener": "arn:ga/listener", "url": "http://127.110.0.10:8080"}
    assert found["regions"]["eu-central-1"] == {
        "account": "123456789012",
        "role": "arn:aws:iam::123456789012:role/blackstart-drill",
        "alb": {
            "arn": "arn:alb:eu-central-1",
            "target_group": "arn:tg:eu-central-1",
            "security_group": "sg-eu-central-1",
            "url": "http://127.110.0.81:8080",
        },
        "kubernetes": {
            "cluster": "shop", "namespace": "shop", "deployment": "shop", "replicas": 3, "selector": "app=shop",
        },
        "database": {"cluster": "shop-eu-central-1"},
        "cache": {"endpoint": f"{LAYOUT.cache('eu-central-1')}:{LAYOUT.ports.cache}"},
    }  # fmt: skip
    assert found["database"]["writer"] == {
        "record": {"zone": "Z1", "name": "writer.shop.internal", "type": "CNAME", "ttl_s": 2}
    }
    assert found["fault_injection"] == {
        "region-loss": {"region": "eu-central-1", "template": "EXTeu-central-1"},
        "cache-loss": {"region": "eu-west-1", "template": "EXCeu-west-1"},
    }
    assert found["orders"]["write"]["body"].startswith('{"run":"{run}","writer":{writer}')


def test_credentials_are_for_their_owner_only(tmp_path):
    topology_file.write(tmp_path, LAYOUT, Specification(), RESOURCES)
    file = tmp_path / "credentials"
    assert oct(file.stat().st_mode & 0o777) == "0o600"
    assert file.read_text().splitlines()[0] == "[blackstart-lab]"
