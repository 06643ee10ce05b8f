"""How fast and how large: upgrading many sites of one protocol of 60 components, on one core.

``python bench/merge.py [sites…]`` (default 1000 10000 100000). Each size runs in a process of its own: time is
processor time of tracing the versions and upgrading every site (20 decisions each, all objects distinct);
memory is what the outcomes add to the peak of the process.
"""

import multiprocessing
import random
import resource
import sys
import time

from essaim.protocol.adaptation import Adaptation, Decision, Frame
from essaim.protocol.document import Component, Essence, Parameter, Protocol, Source
from essaim.protocol.merge import prepare

COMPONENTS, PARAMETERS, DECISIONS = 60, 3, 20
FRAME = Frame(
    what="content",
    when="implementation",
    planning="planned_reactive",
    decided_by=("team",),
    level="organisation",
    nature=("tailoring",),
    reasons=("organisation_time",),
    fidelity="consistent",
)


def version(number: str) -> Protocol:
    """60 components of 3 durations; in version 2 one default in six, one maximum in seven, one form in five move."""
    later = number != "1.0.0"

    def parameter(i: int, j: int) -> Parameter:
        default, top = 30 if later and i % 6 == 0 else 24, 50 if later and i % 7 == 0 else 60
        return Parameter(
            id=f"p{j}", label="Durée", type="duration", unit="mois", min=6, max=top, default=default
        )

    components = tuple(
        Component(
            id=f"c{i}",
            kind="adaptable",
            title=f"Composant {i}",
            function=f"fonction {i}",
            form=f"forme {i}{' revue' if later and i % 5 == 0 else ''}",
            sources=("s",),
            parameters=tuple(parameter(i, j) for j in range(PARAMETERS)),
        )
        for i in range(COMPONENTS)
    )
    return Protocol(
        format="essaim/protocol/1",
        id="mesure",
        version=number,
        title="Mesure",
        essence=Essence(for_whom="tous", why="mesurer", sources=("s",)),
        sources=(Source(id="s", title="Mesure"),),
        components=components,
    )


def site(rng: random.Random, n: int) -> Adaptation:
    """Ten components drawn at random: a value of a parameter, and the component kept or done otherwise."""
    decisions = []
    for i in rng.sample(range(COMPONENTS), DECISIONS // 2):
        value = rng.randint(6, 60)
        decisions.append(
            Decision(
                id=f"v{i}", component=f"c{i}", parameter="p0", status="adapted", value=value, frame=FRAME
            )
        )
        if rng.random() < 0.5:
            decisions.append(Decision(id=f"k{i}", component=f"c{i}", status="kept"))
        else:
            decisions.append(
                Decision(id=f"f{i}", component=f"c{i}", status="adapted", form="notre forme", frame=FRAME)
            )
    return Adaptation(
        format="essaim/adaptation/1",
        protocol="mesure",
        version="1.0.0",
        site=f"site {n}",
        decisions=tuple(decisions),
    )


def measure(count: int) -> tuple[int, float, float, int]:
    """(sites, processor seconds, MiB added by the outcomes, conflicts)."""
    rng = random.Random(count)
    base, new = version("1.0.0"), version("2.0.0")
    sites = [site(rng, n) for n in range(count)]
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    start = time.process_time()
    plan = prepare(base, new)
    outcomes = [plan.apply(one) for one in sites]
    seconds = time.process_time() - start
    added = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
    return count, seconds, added / 1024, sum(len(one.conflicts) for one in outcomes)


def main(sizes: list[int]) -> None:
    print(f"{'sites':>8} {'CPU s':>8} {'µs/site':>8} {'MiB':>8} {'KiB/site':>9} {'conflicts':>10}")
    for size in sizes:
        with multiprocessing.get_context("spawn").Pool(1) as pool:
            count, seconds, mebibytes, conflicts = pool.apply(measure, (size,))
        print(
            f"{count:>8} {seconds:>8.2f} {seconds / count * 1e6:>8.0f} {mebibytes:>8.1f} "
            f"{mebibytes * 1024 / count:>9.2f} {conflicts:>10}"
        )


if __name__ == "__main__":
    main([int(arg) for arg in sys.argv[1:]] or [1_000, 10_000, 100_000])
