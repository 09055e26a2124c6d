"""The template view: every fact of a template has its place."""

from __future__ import annotations

import dataclasses

import pytest
from display_tasks import SETTINGS, full_task, plain_task
from flyteidl.core.tasks_pb2 import Resources, Sql, TaskTemplate

import kit
from kit.display.of_template import summarize_task, summarize_template
from kit.display.sections.message import message_code
from kit.display.summary import Code, Facts, Finding, Gauges, Table, Tree
from kit.template.files import decode_template, encode_template


@pytest.fixture(scope="module")
def summary():
    """Summarize the full task once."""
    return summarize_task(full_task(), SETTINGS)


def of_kind(summary, title, kind):
    """Return the first item of a kind in a section."""
    return next(i for i in summary.section(title).items if isinstance(i, kind))


def facts(summary, title) -> dict[str, str]:
    """Return the facts of a section as a dict."""
    return {fact.name: fact.value for fact in of_kind(summary, title, Facts).rows}


def rows(summary, title) -> dict[str, dict[str, str]]:
    """Return the rows of a section's table by their first cell."""
    table = of_kind(summary, title, Table)
    return {
        row[0].replace("\N{NO-BREAK SPACE}", " "): dict(
            zip(table.columns, row, strict=True)
        )
        for row in table.rows
    }


def test_the_overview_tells_identity_image_and_way(summary):
    """Name, type, image as written and resolved, runtime, shipping, size."""
    told = facts(summary, "Overview")
    assert (summary.kind, summary.title) == ("task", "acme.heaviest")
    assert told["type"] == "acme-sql (version 2)"
    assert (told["project"], told["version"]) == ("flytesnacks", "v7")
    assert told["image"] == "ghcr.io/acme/sql:1.4"
    assert told["image as written"].startswith("{{.image.default.fqn}}")
    assert told["runtime"] == f"kit {kit.__version__}"
    assert told["executor"] == "display_tasks.Executor"
    assert told["ships"].startswith("module: ")


def test_badges_tell_what_stands_out(summary):
    """Cache, deck, retries, secrets and the accelerator."""
    texts = [badge.text for badge in summary.badges]
    assert texts[:2] == ["ghcr.io/acme/sql:1.4", "module"]
    assert texts[2:] == [
        *("cache v3", "deck", "retries 2", "2 secrets", "nvidia-tesla-t4")
    ]
    plain = summarize_task(plain_task(), SETTINGS).badges
    assert [badge.text for badge in plain] == ["acme/plain:1", "module"]


def test_gauges_measure_against_the_backends_limits(summary):
    """The message's own bytes against gRPC's limit, its JSON against etcd's."""
    grpc, etcd = of_kind(summary, "Overview", Gauges).rows
    size = kit.task_template(full_task(), SETTINGS).ByteSize()
    assert (grpc.value, grpc.limit) == (size, 4 * 2**20)
    assert etcd.limit == 1.5 * 2**20
    assert 0 < etcd.value < 2 * size


def test_the_inline_source_has_a_gauge_and_a_section():
    """What travels in the template is shown as Python, and measured."""
    from kit.template.serialize import LOCAL_SETTINGS

    shown = summarize_task(plain_task(ship="inline"), LOCAL_SETTINGS)
    gauge = of_kind(shown, "Overview", Gauges).rows[2]
    source = of_kind(shown, "Inline source", Code)
    assert source.language == "python"
    assert "class Executor" in source.text
    assert (gauge.name, gauge.value) == ("inline source", len(source.text.encode()))
    assert gauge.limit == 32 * 1024
    assert "inline source" in [badge.text for badge in shown.badges]
    assert shown.section("Custom").items == ()


def test_inputs_come_in_the_order_of_the_definition(summary):
    """Declared types, defaults and descriptions."""
    inputs = rows(summary, "Interface")
    assert list(inputs) == [
        *("species", "query", "size", "limit", "since", "prices", "data"),
        *("→ rows", "→ count"),
    ]
    assert inputs["query"]["type"] == "Query"
    assert inputs["since"]["type"] == "date | None"
    assert inputs["data"]["type"] == "FlyteFile[csv]"
    assert inputs["limit"]["default"] == "3"
    assert inputs["species"]["about"].startswith("One of Adelie")
    assert inputs["→ rows"]["type"] == "list[dict]"


@dataclasses.dataclass
class Sought:
    """What an annotated executor is given."""

    species: str = "Gentoo"


@pytest.mark.parametrize(("runtime", "name"), [("kit", "Sought"), ("flytekit", "dict")])
def test_an_annotated_executor_receives_what_it_says(runtime, name):
    """As kit's runtime converts it; flytekit's reads no annotations."""

    @kit.container_task(image="a:1", name="t", runtime=runtime)
    def t(tt, sought: Sought) -> str:
        return sought.species

    arrived = rows(summarize_task(t), "Interface")["sought"]
    assert arrived["received as"] == name
    assert ("methods are gone" in arrived.get("about", "")) == (runtime == "flytekit")


def test_the_executor_receives_less_where_it_says_nothing(summary):
    """A dataclass arrives as a dict, an enum as another one, a date as more."""
    arrived = rows(summary, "Interface")
    assert arrived["query"]["Flyte type"] == "STRUCT"
    assert arrived["query"]["received as"] == "dict"
    assert "methods are gone" in arrived["query"]["about"]
    assert "compare .value" in arrived["size"]["about"]
    assert "midnight" in arrived["since"]["about"]
    assert arrived["limit"]["about"] == ""
    assert arrived["→ rows"]["Flyte type"] == "COLLECTION(STRUCT)"


def test_the_command_is_shown_as_template_and_as_rendered(summary):
    """The engine's macros stand beside what becomes of them."""
    assert "--inputs {{.input}}" in of_kind(summary, "Command", Code).text
    rendered = rows(summary, "As the engine renders it")
    column = "in the container"
    assert rendered["{{.input}}"][column].endswith("/n0/data/inputs.pb")
    assert rendered["{{.taskTemplatePath}}"][column].endswith("/n0/data/task.pb")
    assert rendered["kit-execute"][column] == "kit-execute"
    assert facts(summary, "Loader arguments") == {
        "resolver": "kit.resolver.default_task_template_resolver",
        "template": "{{.taskTemplatePath}}",
        "executor": "display_tasks.Executor",
    }


@pytest.mark.parametrize(
    ("arg", "rendered"),
    [
        ("{{.inputs.limit}}", "3"),
        ("{{.inputs.species}}", "«species»"),
        ("{{.inputs.prices}}", "the engine refuses it: 0: input template"),
        ("{{.inputs.nothing}}", "requested input is not found [nothing]"),
        ("{{.namespace}}", "flytesnacks-development"),
        ("{{.unknown}}", "{{.unknown}}"),
    ],
)
def test_every_macro_is_rendered_as_the_engine_does(arg, rendered):
    """Inputs by their defaults or names, and the engine's refusals in its words."""

    class Echo(kit.PythonCustomizedContainerTask):
        def get_custom(self, settings):
            return {}

        def get_command(self, settings):
            return ["echo", arg]

    shown = summarize_task(full_task(Echo), SETTINGS)
    cell = rows(shown, "As the engine renders it")[arg]["in the container"]
    assert rendered in cell


def test_resources_are_read_as_the_backend_does(summary):
    """Kubernetes' canonical form, what is rounded, and what is dropped."""
    asked = rows(summary, "Resources")
    assert asked["cpu"]["Kubernetes reads"] == "500m / 1"
    assert asked["cpu"]["note"] == "compared as 1 at registration"
    assert asked["memory"]["Kubernetes reads"] == "1Gi / 2Gi"
    assert "no request" in asked["ephemeral_storage"]["note"]
    assert facts(summary, "Resources") == {
        "accelerator": "nvidia-tesla-t4",
        "shared memory": "1Gi",
    }


@pytest.mark.parametrize(
    ("name", "request_", "limit", "read", "note"),
    [
        (Resources.CPU, "500m", "200m", "500m / 200m", "lowered to the limit"),
        (Resources.MEMORY, "0", "", "0", "zero is dropped"),
        (Resources.STORAGE, "1Gi", "", "1Gi", "dropped at launch"),
        (Resources.MEMORY, "4GB", "", "nothing: no quantity", ""),
        (77, "1", "", "1", "dropped at launch"),
    ],
)
def test_odd_resources_are_shown_with_what_becomes_of_them(
    name, request_, limit, read, note
):
    """Also those that no kit would write."""
    template = TaskTemplate(type="t")
    asked = template.container.resources
    asked.requests.add(name=name, value=request_)
    if limit:
        asked.limits.add(name=name, value=limit)
    (row,) = rows(summarize_template(template), "Resources").values()
    assert row["Kubernetes reads"] == read
    assert note in row["note"]


def test_the_environment_tells_what_the_engine_overrides(summary):
    """Names of the engine's own, macros that nothing renders, and what is appended."""
    own = rows(summary, "Environment")
    assert own["REGION"]["note"] == own["TZ"]["note"] == ""
    assert own["FLYTE_ATTEMPT_NUMBER"]["note"] == "the engine's own value wins"
    assert "stays as it is" in own["LOG"]["note"]
    appended = rows(summary, "Environment the engine appends")
    assert appended["FLYTE_ATTEMPT_NUMBER"]["note"] == "overrides yours"
    assert appended["FLYTE_INTERNAL_TASK_NAME"]["in a sample execution"] == (
        "acme.heaviest"
    )
    assert "FLYTE_EXECUTION_URL" in appended
    assert "PYTHONUNBUFFERED" not in appended


def test_secrets_tell_place_and_names(summary):
    """As the webhook writes them: a variable, or a file of lower-case names."""
    cells = of_kind(summary, "Secrets", Table).rows
    assert cells == (
        ("db", "password", "ENV_VAR", "$_FSEC_DB_PASSWORD, $DB_PASSWORD"),
        (
            "Cloud (version 2)",
            "Token",
            "ANY",
            "/etc/flyte/secrets/cloud/token (its path: $TOKEN_FILE)",
        ),
    )


def test_values_of_secrets_are_shown_nowhere(monkeypatch):
    """Even when this machine knows them."""
    monkeypatch.setenv("_FSEC_DB_PASSWORD", "hunter2-in-the-clear")
    from kit.display.html import page

    assert "hunter2" not in page(summarize_task(full_task(), SETTINGS))


def test_metadata_tells_what_the_author_set(summary):
    """Set fields come first, then the defaults."""
    fields = rows(summary, "Metadata")
    set_by_you = [name for name, row in fields.items() if row["set by"] == "you"]
    assert set_by_you == [
        *("cache", "cache version", "retries", "timeout", "deck", "labels")
    ]
    assert fields["timeout"]["value"] == "0:10:00"
    assert fields["interruptible"] == {
        "field": "interruptible",
        "value": "not said",
        "set by": "default",
    }


def test_custom_is_a_tree_of_what_the_executor_gets(summary):
    """Numbers are floats after the wire."""
    assert of_kind(summary, "Custom", Tree).value == {
        "dry": False,
        "engines": [{"name": "duckdb", "threads": 4.0}],
        "nothing": None,
        "prompt": "line one\nline two",
        "query": "SELECT 1",
    }


def test_the_message_is_there_in_three_forms(summary):
    """Each is the whole message as its file would be."""
    template = kit.task_template(full_task(), SETTINGS)
    texts = {
        code.language: code.text for code in summary.section("Message as text").items
    }
    for form in ("pbtxt", "json"):
        assert texts[form] == encode_template(template, form).decode()
    (message,) = summary.section("Message").items
    assert message.language == "yaml"
    assert decode_template(message.text.encode(), "yaml", "the view") == template


def test_source_in_the_message_reads_as_it_was_written():
    """Line by line, and still the same message."""
    template = TaskTemplate(id={"name": "t"}, type="t")
    template.metadata.SetInParent()
    template.custom["source"] = "def f(x):\n    return 'a: b'\n"
    template.custom["odd"] = "a \x07\n\tb"
    (message,) = summarize_template(template).section("Message").items
    assert "  source: |\n    def f(x):\n        return 'a: b'\n" in f"{message.text}\n"
    assert decode_template(message.text.encode() + b"\n", "yaml", "it") == template


def test_long_messages_leave_custom_out_of_the_text():
    """What is shown as a tree above is counted, and the way to the whole is told."""
    template = TaskTemplate(type="t")
    template.custom["text"] = "x" * 20_000
    shown = summarize_template(template)
    note, message = shown.section("Message").items
    forms = [message, *shown.section("Message as text").items]
    assert "20,0" in note.message
    assert "kit show --format json" in note.advice
    assert [code.language for code in forms] == ["yaml", "json", "pbtxt"]
    assert all("xxx" not in code.text for code in forms)


def test_a_form_that_cannot_be_written_says_why():
    """JSON has no NaN; protobuf's text has."""
    template = TaskTemplate(type="t")
    template.custom["n"] = float("nan")
    assert isinstance(message_code(template, "json"), Finding)
    assert "nan" in message_code(template, "pbtxt").text
    (doubt,) = (
        i
        for i in summarize_template(template).section("Custom").items
        if isinstance(i, Finding)
    )
    assert doubt.path == "custom.n"


def test_an_almost_empty_template_has_a_summary():
    """Sections without content are empty, not wrong."""
    shown = summarize_template(TaskTemplate(type="t"))
    assert facts(shown, "Overview")["type"] == "t"
    titles = [part.title for part in shown.sections if part.items]
    assert titles == [
        *("Message", "Overview", "Message, field by field", "Message as text")
    ]


def test_pods_are_shown():
    """Templates of other SDKs have targets that kit never writes."""
    template = TaskTemplate(type="sidecar")
    template.k8s_pod.primary_container_name = "main"
    template.k8s_pod.metadata.labels["a"] = "b"
    template.k8s_pod.pod_spec["containers"] = [{"name": "main"}]
    shown = summarize_template(template)
    assert facts(shown, "Pod") == {"primary container": "main", "label a": "b"}
    assert of_kind(shown, "Pod", Tree).value == {"containers": [{"name": "main"}]}
    assert facts(shown, "Overview")["target"] == "k8s_pod"


def test_sql_is_shown():
    """Statement and dialect, also one that kit does not know."""
    template = TaskTemplate(type="sql")
    template.sql.statement = "SELECT 1"
    template.sql.dialect = Sql.HIVE
    shown = summarize_template(template)
    assert facts(shown, "SQL") == {"dialect": "HIVE"}
    assert of_kind(shown, "SQL", Code) == Code("SELECT 1", "sql")
    template.sql.dialect = 42
    assert facts(summarize_template(template), "SQL") == {"dialect": "42 (unknown)"}


def test_raw_containers_are_shown():
    """Command, ports, architecture and how data is copied."""
    template = TaskTemplate(type="raw-container")
    container = template.container
    container.image = "alpine"
    container.command.extend(["sh", "-c", "cat {{.inputs.x}}"])
    container.ports.add(container_port=80)
    container.architecture = 3
    container.data_config.enabled = True
    container.data_config.input_path = "/var/inputs"
    container.config.add(key="k", value="v")
    shown = summarize_template(template)
    assert "cat {{.inputs.x}}" in of_kind(shown, "Command", Code).text
    told = facts(shown, "Container")
    assert told["ports"] == "80"
    assert told["inputs are copied to"] == "/var/inputs as JSON"
    assert told["config k"] == "v"


def test_unknown_enum_numbers_and_fields_are_kept_and_shown():
    """What a later Flyte means by them stands as a number."""
    template = TaskTemplate(type="t")
    template.metadata.retries.retries = 1
    template.security_context.secrets.add(group="g", key="k", mount_requirement=9)
    template.interface.inputs.variables["x"].type.simple = 77
    data = template.SerializeToString() + bytes([0xFA, 0x07, 3]) + b"new"
    shown = summarize_template(TaskTemplate.FromString(data))
    assert of_kind(shown, "Secrets", Table).rows[0][2] == "9 (unknown)"
    arrived = rows(shown, "Interface")["x"]
    assert arrived["Flyte type"] == "77 (unknown)"
    assert arrived["received as"] == "cannot be told"
    assert rows(shown, "Message, field by field")["#127"]["value"] == (
        "unknown field: b'new'"
    )


def test_a_timeout_beyond_python_is_shown():
    """A duration of a foreign template may be any number of seconds."""
    template = TaskTemplate(type="t")
    template.metadata.timeout.seconds = 2**62
    fields = rows(summarize_template(template), "Metadata")
    assert fields["timeout"]["value"] == f"{2**62} seconds"


def test_a_huge_text_is_cut_and_counted():
    """A text of a megabyte is shown in part, with its size."""
    template = TaskTemplate(type="t")
    template.custom["text"] = "x" * 1_000_000
    text = of_kind(summarize_template(template), "Custom", Tree).value["text"]
    assert len(text) < 20_000
    assert text.endswith("… (1,000,000 characters)")


def test_a_huge_custom_is_cut_and_counted():
    """Ten thousand entries cost what two thousand do."""
    template = TaskTemplate(type="t")
    template.custom["rows"] = [{"n": n} for n in range(10_000)]
    shown = of_kind(summarize_template(template), "Custom", Tree).value["rows"]
    assert len(shown) < 2_001
    assert shown[-1] == "… 9,000 more are not shown"


def unread(tt, n: int) -> int:
    """Read one key of custom, which is not there."""
    return n + tt.custom["base"]


def test_custom_is_held_against_what_its_executor_reads():
    """A key that is lacking, and one that nobody reads, stand beside the tree."""
    task = kit.container_task(image="acme/a:1", name="t", custom={"other": 1})(unread)
    items = summarize_task(task, SETTINGS).section("Custom").items
    found = {(item.rule, item.path) for item in items if isinstance(item, Finding)}
    assert found == {
        ("custom.missing (in the run)", "custom.base"),
        ("custom.unused", "custom.other"),
    }
