"""What the document says of how the comparison was made. Words only: every figure comes from the run."""

from benchmarks.ground_truth.modes import MODES
from benchmarks.ground_truth.script import SLO_S

HOW = f"""How exactly does an observer know how long a service was down? A server of our own
(`benchmarks/ground_truth/`) breaks by a script and writes down, on the machine's monotonic clock, when each outage
truly began and ended. It breaks in {len(MODES)} ways:

{chr(10).join(f"- **{mode}**: {says}" for mode, says in MODES.items())}

All observers meet the same script in the same minutes, each at a server process of its own, whose script begins a
quarter of a second after the last one's: at one and the same server, everybody's outstanding probes would be answered
in one instant when a stall ends, and the observers would measure how they crowd each other out of the processor. Modes,
lengths and the calm between are drawn from the seed, so no observer's rhythm can fit the script; the moments at which
outages begin and end are spread evenly over a tenth of a second, each in a random order, so that no figure hangs on the
luck of the draw: where between two probes an outage begins decides how wrong it is seen. All together need a small part
of the machine (see the share of a core), so they don't starve each other. Everybody gets a fresh connection a probe
(the server closes each), and everybody has the same idea of *good*: a 200 within {SLO_S:g} s. blackstart states its
outages itself, through `blackstart observe`. For the others the downtime is what people compute from what the tool
logs: from the first failed reply to the first good reply after it; they are even told where to look. An outage that was
not seen counts as one of 0 s. They are:

- **requests, sleep**: the loop that everybody writes: ask, log, sleep, ask again. A slow answer delays the next one.
- **Chaos Toolkit**: its continuous steady-state hypothesis, with its own HTTP probe, at the frequency in its name; what
  it saw is in its journal.
- **httping**: the ping for HTTP that distributions bring. A closed loop: it waits for the interval in its name between
  an answer and its next request. What it saw is what it prints, with the times that it prints.
- **k6**: a load generator. An open loop: its constant arrival rate starts requests on time, whatever became of the
  earlier ones. What it saw is in its JSON output.
- **locust**: a load generator. Its users are closed loops, each with a client of its own (`FastHttpUser`). It has so
  many of them that none waits for an answer beyond its own next turn, and their turns are spread evenly, which makes
  all of them together an open loop (`benchmarks/instruments/peers/locustfile.py`). Its own `constant_pacing` would have
  all users ask in one instant. What it saw is what its request event was told.

httping and locust are no part of blackstart's own environment: where one of them is not installed, the run and this
section name it as not measured.

The truth itself is the interval of the server's switch (microseconds, but for a stall's end, when whoever was held is
answered one after the other). Errors are measured from the end of that interval which is nearer, and within it there is
none; start, end and downtime must each have bounds that can hold it. *Bias* is the mean of seen − true. CPU is user and
system time of all of an observer's processes while the script ran, start-up left out.
"""
