# ruff: noqa: UP007, UP045
# flytekit reads the annotations too, and names them in texts as they stand.
"""Workflows written once, which flytekit and kit define each in its own way.

Annotations stay as they are here, for types of a function's body are among them.
"""

import dataclasses
import datetime as dt
import typing


@dataclasses.dataclass
class Point:
    x: int
    y: float


class Both(typing.NamedTuple):
    low: int
    high: int


class One(typing.NamedTuple):
    only: int


def define(lib):
    """Return workflows by name; ``lib`` holds the names of one of the libraries."""
    step = lib.step
    make = step(
        "make",
        {"n": int},
        {"xs": list[int]},
        metadata=lib.TaskMetadata(retries=2, timeout=60, interruptible=True),
    )
    total = step(
        "total",
        {"xs": list[int], "scale": (float, 1.0), "note": typing.Optional[str]},
        {"total": int},
    )
    split = step("split", {"n": int}, {"half": int, "rest": int})
    point = step("point", {"at": dt.datetime}, {"p": Point})
    say = step("say", {"text": str}, {})
    kinds = step(
        "kinds",
        {
            "m": dict[str, int],
            "d": dict,
            "ll": list[list[int]],
            "u": typing.Union[int, str, list[str]],
            "o": typing.Optional[list[int]],
            "p": Point,
            "k": dict[int, str],
            "lo": list[int | None],
        },
        {},
    )

    @lib.workflow
    def documented(n: int, scale: float = 2.0) -> Both:
        """Add up.

        Long story.

        Args:
            n: How many.
            scale: By what to multiply.

        Returns:
            Two numbers.
        """
        xs = make(n=n)
        halves = split(n=n)
        a = total(xs=[xs[1], n, halves.half], scale=scale)
        b = total(xs=xs, note="hi")
        a >> b
        return Both(low=a, high=halves.rest)

    @lib.workflow(
        interruptible=True,
        failure_policy=lib.WorkflowFailurePolicy.FAIL_AFTER_EXECUTABLE_NODES_COMPLETE,
    )
    def settings():
        say(text="a") >> say(text="b")

    @lib.workflow
    def attributes(at: dt.datetime) -> tuple[int, list[float]]:
        p = point(at=at)
        xs = make(n=p.x)
        return xs[0], [p.y, p.y]

    @lib.workflow
    def named_one(n: int) -> One:
        return One(total(xs=[n]))

    @lib.workflow
    def values(n: int, p: Point):
        kinds(
            m={"a": 1, "b": n},
            d={"x": [1, None], "y": {"z": 2.5}},
            ll=[[1, n], [], make(n=1)],
            u="text",
            o=[1, n],
            p=p,
            k={1: "one"},
            lo=[None, 1, n],
        )
        kinds(
            m={},
            d={},
            ll=[],
            u=["a", "b"],
            o=None,
            p=Point(x=1, y=2.5),
            k={},
            lo=[],
        )

    @lib.workflow
    def overridden(n: int) -> list[int]:
        first = make(n=n)
        second = make(n=total(xs=first))
        first.with_overrides(
            node_name="My_Special.Node",
            aliases={"xs": "numbers"},
            requests=lib.Resources(cpu=2, mem="1Gi", ephemeral_storage="2Gi"),
            limits=lib.Resources(gpu=1, cpu="500m"),
            timeout=dt.timedelta(seconds=1.5),
            retries=0,
            interruptible=False,
            name="pretty",
            container_image="x/y:z",
            accelerator=lib.GPUAccelerator("nvidia-tesla-t4"),
            shared_memory=True,
            cache=True,
            cache_version="7",
            cache_serialize=True,
        )
        second.with_overrides(resources=lib.Resources(cpu=("1", "2"), mem="1Gi"))
        second.with_overrides(timeout=None, shared_memory="1Gi", cache=False)
        second.with_overrides(retries=9, cache_version="8")
        return second

    block = lib.imperative("block")
    n = block.add_workflow_input("n", int)
    node = block.add_entity(make, n=n)
    pair = block.add_entity(split, n=n)
    block.add_entity(say, text="x").with_overrides(node_name="last")
    block.add_workflow_output("xs", node.outputs["xs"])
    block.add_workflow_output("mixed", [n, pair.outputs["rest"]], python_type=list[int])

    flows = (documented, settings, attributes, named_one, values, overridden)
    return {flow.name.rsplit(".", 1)[-1]: flow for flow in (*flows, block)}
