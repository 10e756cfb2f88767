from blackstart.lab.layout import Layout, Ports
from blackstart.lab.links import all_paths, replication_paths

LAYOUT = Layout(104, Ports(*range(1, 9)), ("eu-west-1", "eu-central-1"))


def test_every_way_across_a_border_has_a_path_of_its_own():
    names = [path.name for path in all_paths(LAYOUT)]
    assert sorted(names) == [
        "client>eu-central-1:alb",
        "client>eu-central-1:database-1",
        "client>eu-central-1:database-9",
        "client>eu-central-1:kubernetes",
        "client>eu-west-1:alb",
        "client>eu-west-1:database-1",
        "client>eu-west-1:database-2",
        "client>eu-west-1:database-9",
        "client>eu-west-1:kubernetes",
        "edge>eu-central-1:alb",
        "edge>eu-west-1:alb",
        "eu-central-1>eu-west-1:database-1",
        "eu-central-1>eu-west-1:database-2",
        "eu-west-1>eu-central-1:database-1",
    ]


def test_a_path_leads_from_the_link_address_of_its_view_to_the_endpoint_itself():
    paths = {path.name: path for path in all_paths(LAYOUT)}
    path = paths["eu-central-1>eu-west-1:database-1"]
    assert path.listen == (LAYOUT.instance_link(2, "eu-west-1", 1), LAYOUT.ports.database)
    assert path.target == (LAYOUT.instance("eu-west-1", 1), LAYOUT.ports.database)
    assert path.ends == ("eu-central-1", "eu-west-1")
    assert len({path.listen for path in paths.values()}) == len(paths)


def test_replication_takes_a_path_to_each_instance_that_may_write():
    assert replication_paths(LAYOUT) == [
        "eu-west-1>eu-central-1:database-1",
        "eu-central-1>eu-west-1:database-1",
        "eu-central-1>eu-west-1:database-2",
    ]
