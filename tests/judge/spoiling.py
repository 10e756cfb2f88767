"""Ways to spoil the record of a drill, and what to ask of the verdict on it."""

from .run_folder import append, change, ns, without

INTENDED = {"event": "intended", "action": "a.b", "target": "x", "kind": "revertible", "role": "recovery"}


def says(verdict, *words):
    text = "\n".join(verdict["reasons"])
    return all(word in text for word in words)


def holds(interval, truth):
    return interval["earliest_s"] <= truth <= interval["latest_s"]


def drop(name, **match):
    def spoil(run):
        without(run / name, lambda line: all(line.get(key) == value for key, value in match.items()))

    return spoil


def event(**line):
    return lambda run: append(run / "events.jsonl", t=ns(44), **line)


def act(**line):
    return lambda run: append(run / "undo.jsonl", **line)


def setting(name, edit):
    return lambda run: change(run / name, edit)


def survivors(label, **changed):
    return fields(f"history/survivors-orders-{label}.json", **changed)


def fields(name, **changed):
    return setting(name, lambda data: data.update(changed))
