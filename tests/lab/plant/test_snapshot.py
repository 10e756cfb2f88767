from blackstart.lab.plant.snapshot import configuration, database_roles


def member(region, role, *instances):
    return {
        "region": region,
        "role": role,
        "status": "available",
        "instances": [{"id": name, "role": own, "status": "available", "address": "x"} for name, own in instances],
    }


PRIMARY = member("eu-west-1", "writer", ("shop-1", "writer"), ("shop-2", "reader"))
STANDBY = member("eu-central-1", "reader", ("shop-3", "reader"))


def snapshot(**changes):
    given = {
        "edge": {
            "dials": {"eu-west-1": 100.0, "eu-central-1": 0.0},
            "weights": {"eu-west-1": 128, "eu-central-1": 128},
            "security_groups": {"eu-west-1": {"alb": ["10.0.0.0/8", "0.0.0.0/0"], "pods_open": True}},
        },
        "records": [
            {"name": "writer.shop.internal.", "type": "CNAME", "ttl": 2, "values": ["a"]},
            {"name": "reader.shop.internal.", "type": "CNAME", "ttl": 2, "values": ["b"]},
        ],
        "replicas": {"eu-west-1": {"shop/shop": 2}, "eu-central-1": None},
        "aurora": {"members": [PRIMARY, STANDBY]},
        "links": {"b": {"state": "open", "delay_ms": 0.0, "rate_kbps": None}},
        "experiments": [],
        "regions": {"eu-west-1": "on", "eu-central-1": "on"},
        "caches": {"eu-west-1": "on", "eu-central-1": "on"},
        "alarm_actions": {"eu-central-1/shop-primary-entry": False},
    }
    return configuration(**(given | changes))


def test_the_same_in_another_order_and_spelling_is_equal():
    assert snapshot() == snapshot(
        edge={
            "dials": {"eu-central-1": 0, "eu-west-1": 100},
            "weights": {"eu-central-1": 128.0, "eu-west-1": 128.0},
            "security_groups": {"eu-west-1": {"alb": ["0.0.0.0/0", "10.0.0.0/8"], "pods_open": True}},
        },
        records=[
            {"name": "reader.shop.internal.", "type": "CNAME", "ttl": 2, "values": ["b"]},
            {"name": "writer.shop.internal.", "type": "CNAME", "ttl": 2, "values": ["a"]},
        ],
        links={"b": {"state": "open", "delay_ms": 0, "rate_kbps": None}},
        aurora={"members": [STANDBY, PRIMARY]},
    )


def test_every_difference_shows():
    usual = snapshot()
    assert snapshot(replicas={"eu-west-1": {"shop/shop": 0}, "eu-central-1": None}) != usual
    assert snapshot(experiments=["region-loss"]) != usual
    assert snapshot(alarm_actions={"eu-central-1/shop-primary-entry": True}) != usual
    assert snapshot(links={"b": {"state": "refuse", "delay_ms": 0, "rate_kbps": None}}) != usual
    assert snapshot(records=[{"name": "writer.shop.internal.", "type": "CNAME", "ttl": 2, "values": ["c"]}]) != usual
    assert usual["records"]["writer.shop.internal."] == ["CNAME", 2, ["a"]]


def test_roles_are_those_of_the_global_database():
    usual = database_roles({"members": [PRIMARY, STANDBY]})
    assert usual == {"shop-1": "writer", "shop-2": "reader", "shop-3": "reader"}
    moved = [
        member("eu-west-1", "reader", ("shop-1", "writer"), ("shop-2", "reader")),
        member("eu-central-1", "writer", ("shop-3", "writer")),
    ]
    assert database_roles({"members": moved}) == {"shop-1": "reader", "shop-2": "reader", "shop-3": "writer"}
