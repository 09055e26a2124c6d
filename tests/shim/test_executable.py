from __future__ import annotations

import pytest
from flyteidl.core import literals_pb2, security_pb2, types_pb2

from kit.definition.executor import ShimTaskExecutor
from kit.errors import CallError, ConversionError, ExecutorError, IgnoreOutputs
from kit.shim.context import Deck, current_context, local_context
from kit.shim.executable import ExecutableTemplateShimTask
from kit.template.view import TaskTemplateView

INT, STR = types_pb2.INTEGER, types_pb2.STRING


class Executor(ShimTaskExecutor):
    """Does what its class attribute says."""

    body = staticmethod(lambda _tt, kwargs: kwargs)

    def execute_from_model(self, tt, **kwargs):
        return type(self).body(tt, kwargs)


class Explicit(ShimTaskExecutor):
    def execute_from_model(self, tt, a, b=7):
        return a + b


def executor(body):
    """Make an executor's class from a function of template and inputs."""
    return type("Made", (Executor,), {"body": staticmethod(body)})


def integers(**values):
    """Make a map of integers."""
    made = literals_pb2.LiteralMap()
    for name, value in values.items():
        made.literals[name].scalar.primitive.integer = value
    return made


def task(template, executor_type=Executor):
    """Make the task of a template."""
    return ExecutableTemplateShimTask(
        TaskTemplateView.from_flyte_idl(template), executor_type
    )


@pytest.fixture
def square(make_template):
    """A template with one input and one output."""
    return make_template(inputs={"a": INT}, outputs={"o": INT})


def test_facts_of_the_task(square):
    """Name, template and executor are there to see."""
    made = task(square)
    assert made.name == "lab.t"
    assert made.task_template.to_flyte_idl() == square
    assert made.executor_type is Executor
    assert isinstance(made.executor, Executor)
    assert repr(made) == "ExecutableTemplateShimTask('lab.t', Executor)"


def test_dispatch(square, context):
    """Literals go in and come out; the executor sees the template."""
    made = task(square, executor(lambda tt, kw: kw["a"] ** 2 + len(tt.id.name)))
    assert made.dispatch_execute(context, integers(a=12)) == integers(o=149)


def test_executor_gets_the_view(square):
    """The first argument is the task's template, the rest the inputs by name."""
    made = task(square, executor(lambda tt, kw: (tt, kw)))
    template, inputs = made.execute(a=1)
    assert template is made.task_template
    assert inputs == {"a": 1}


def test_errors_of_the_executor_come_out_as_they_are(square, context):
    """Nothing wraps what an executor raises."""
    error = RuntimeError("inside")

    def fail(_tt, _kwargs):
        raise error

    with pytest.raises(RuntimeError) as caught:
        task(square, executor(fail)).dispatch_execute(context, integers(a=1))
    assert caught.value is error
    assert error.__cause__ is None


@pytest.mark.parametrize("kind", [IgnoreOutputs, SystemExit, KeyboardInterrupt])
def test_exceptions_that_are_no_errors(square, context, kind):
    """IgnoreOutputs and the end of the process pass through."""

    def end(_tt, _kwargs):
        raise kind

    with pytest.raises(kind):
        task(square, executor(end)).dispatch_execute(context, integers(a=1))


def test_missing_input(make_template, context):
    """A missing input takes the executor's default, or is named."""
    template = make_template(inputs={"a": INT, "b": INT}, outputs={"o": INT})
    made = task(template, Explicit)
    assert made.dispatch_execute(context, integers(a=1)) == integers(o=8)
    with pytest.raises(CallError, match=r"Input 'a' of task .* is missing"):
        made.dispatch_execute(context, integers(b=1))
    counted = task(template, executor(lambda _tt, kwargs: len(kwargs)))
    assert counted.dispatch_execute(context, integers(a=1)) == integers(o=1)


def test_extra_input(square, context):
    """More inputs than declared are refused in flytekit's words."""
    with pytest.raises(ConversionError) as caught:
        task(square).dispatch_execute(context, integers(a=1, b=2))
    text = "Received more input values 2 than allowed by the input spec 1"
    assert text in str(caught.value)


def test_misspelt_input(square, context):
    """An unknown input is refused with the nearest name."""
    with pytest.raises(ConversionError, match="Did you mean 'a'"):
        task(square).dispatch_execute(context, integers(aa=1))


def test_no_inputs(make_template, context):
    """A task without inputs ignores what it is sent."""
    made = task(
        make_template(outputs={"o": INT}), executor(lambda _tt, kwargs: len(kwargs))
    )
    assert made.dispatch_execute(context, integers(x=1, y=2)) == integers(o=0)


def test_wrong_literal(square, context):
    """A literal of another type is refused in flytekit's words."""
    inputs = literals_pb2.LiteralMap()
    inputs.literals["a"].scalar.primitive.string_value = "x"
    with pytest.raises(ConversionError) as caught:
        task(square).dispatch_execute(context, inputs)
    assert (
        "Error converting input 'a':\nLiteral value: scalar {\n  primitive {\n    "
        "string_value: \"x\"\n  }\n}\n\nExpected Python type: <class 'int'>\n"
        "Exception: Cannot convert literal Flyte Serialized object (Literal):\n"
        "  scalar:\n    primitive:\n      string_value: x to int"
    ) in str(caught.value)
    assert caught.value.path == ("inputs", "a")


def test_large_wrong_literal(square, context):
    """A large literal is not printed into the error."""
    inputs = literals_pb2.LiteralMap()
    inputs.literals["a"].collection.literals.extend([literals_pb2.Literal()] * 10**5)
    with pytest.raises(ConversionError, match=r"input 'a' \([\d,]+ bytes\):"):
        task(square).dispatch_execute(context, inputs)


def test_order_of_outputs_is_in_the_template(make_template, context):
    """A tuple is in the order that the template's config tells."""
    template = make_template(
        outputs={"z": INT, "a": STR}, config={"kit.output_order": "z,a"}
    )
    made = task(template, executor(lambda _tt, _kwargs: (1, "x")))
    outputs = made.dispatch_execute(context, integers())
    assert outputs.literals["z"].scalar.primitive.integer == 1


def test_offloaded_input(square, context, storage, tmp_path):
    """An input that lies in a file of its own is loaded."""
    file = str(tmp_path / "big.pb")
    storage.write_bytes(file, integers(a=3).literals["a"].SerializeToString())
    inputs = literals_pb2.LiteralMap()
    inputs.literals["a"].offloaded_metadata.uri = file
    made = task(square, executor(lambda _tt, kwargs: kwargs["a"]))
    assert made.dispatch_execute(context, inputs) == integers(o=3)


def test_hooks(square, context):
    """A task type may add to the context before and change the value after."""

    class Hooked(ExecutableTemplateShimTask):
        def pre_execute(self, user_params):
            return user_params.with_attributes(factor=10)

        def post_execute(self, user_params, rval):
            return rval + user_params.factor

    body = executor(lambda _tt, kwargs: kwargs["a"] * current_context().factor)
    made = Hooked(TaskTemplateView.from_flyte_idl(square), body)
    assert made.dispatch_execute(context, integers(a=2)) == integers(o=30)


def test_context_of_the_run(square, context, monkeypatch):
    """The executor sees the run's context, with the secrets its task requests."""
    monkeypatch.setenv("PGPASSWORD", "42")
    square.security_context.secrets.append(
        security_pb2.Secret(group="db", key="password", env_var="PGPASSWORD")
    )
    seen = []

    def body(_tt, _kwargs):
        seen.append(current_context())
        return int(current_context().secrets.get("db", "password"))

    made = task(square, executor(body))
    assert made.dispatch_execute(context, integers(a=1)) == integers(o=42)
    assert seen[0].working_directory == context.working_directory
    assert current_context() is local_context()


@pytest.mark.flytekit
def test_executor_of_flytekit(square, context):
    """An executor that was written for flytekit finds its own context filled."""
    import flytekit
    from flytekit.core.shim_task import ShimTaskExecutor as Theirs

    class TheirExecutor(Theirs):
        def execute_from_model(self, tt, a):
            theirs = flytekit.current_context()
            assert theirs.working_directory == context.working_directory
            assert theirs.execution_id.name == context.execution_id.name
            flytekit.Deck(tt.id.name, "<b>1</b>")
            return a

    before = flytekit.current_context()
    made = task(square, TheirExecutor)
    assert made.dispatch_execute(context, integers(a=3)) == integers(o=3)
    assert [deck.name for deck in context.decks] == ["lab.t"]
    assert flytekit.current_context() is before


def test_decks(make_template, context):
    """The executor's decks come first, then the fields that the template names."""
    template = make_template(
        inputs={"a": INT},
        outputs={"o": INT},
        deck=True,
        config={"kit.deck_fields": "Timeline,Output,Input"},
    )

    def body(_tt, kwargs):
        Deck("mine", "<b>1</b>")
        assert current_context().enable_deck
        return kwargs["a"]

    task(template, executor(body)).dispatch_execute(context, integers(a=1))
    names = [deck.name for deck in context.decks]
    assert names == ["mine", "Timeline", "Output", "Input"]


def test_decks_of_other_runs(square):
    """A run that was given no context leaves no decks behind in the process."""

    def body(_tt, kwargs):
        Deck("mine")
        return kwargs["a"]

    task(square, executor(body)).dispatch_execute(None, integers(a=1))
    assert local_context().decks == []


def test_executor_with_arguments(square):
    """An executor that needs arguments is refused when the task is made."""

    class Needy(Executor):
        def __init__(self, where):
            self.where = where

    with pytest.raises(ExecutorError, match="missing 1 required positional"):
        task(square, Needy)


def test_wrong_call_is_the_users(make_template, context):
    """An executor that does not take a declared input raises Python's TypeError."""
    template = make_template(inputs={"c": INT}, outputs={"o": INT})

    class NoInputs(ShimTaskExecutor):
        def execute_from_model(self, tt):
            return len(tt.id.name)

    with pytest.raises(TypeError, match="unexpected keyword argument 'c'"):
        task(template, NoInputs).dispatch_execute(context, integers(c=1))
