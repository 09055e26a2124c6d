"""``kit.check`` on real tasks, and its faces."""

from __future__ import annotations

import json

import pytest

import kit
from kit.cli import main as run_app
from kit.errors import CallError

CLASS_FORM = """
class Base(kit.ShimTaskExecutor):
    def table(self, custom):
        return custom["table"]

class Load(Base):
    def execute_from_model(self, tt, **kwargs):
        return self.table(tt.custom) * int(tt.custom["times"])

class LoadTask(kit.PythonCustomizedContainerTask):
    def get_custom(self, settings):
        return {KEYS}

load = LoadTask("load", None, "a/a:1", Load, interface=kit.Interface(
    outputs=kit.kwtypes(o0=str)))
"""
DECORATED = """
import kit

def table(custom):
    return custom["table"]

@kit.container_task(image="a/a:1", custom={KEYS}, name="load")
def load(tt) -> str:
    return table(tt.custom) * int(tt.custom["times"])
"""
GOOD = '{"table": "p", "times": 2}'
BAD = '{"tabel": "p", "times": 2}'


def _about_custom(task):
    """Return the findings about custom; others are about what isn't said here."""
    found = kit.check(task).findings
    return [finding for finding in found if finding.rule.startswith("custom.")]


def _rules(findings):
    return [(finding.rule, finding.path) for finding in findings]


WRONG = [("custom.missing", "custom.table"), ("custom.unused", "custom.tabel")]


@pytest.mark.parametrize("form", [CLASS_FORM, DECORATED])
def test_tasks_of_cells_are_checked_in_both_forms(cell, form):
    """Helpers of other cells and methods of bases are followed."""
    good = cell(form.replace("KEYS", GOOD[1:-1]) + "\nload")
    assert _about_custom(good) == []
    assert good() == "pp"
    bad = cell(form.replace("KEYS", BAD[1:-1]) + "\nload")
    assert _rules(_about_custom(bad)) == WRONG
    with pytest.raises(KeyError, match="table"):
        bad()


@pytest.mark.parametrize("form", [f"import kit\n{CLASS_FORM}", DECORATED])
def test_tasks_of_modules_are_checked_in_both_forms(
    form, tmp_path, monkeypatch, capsys
):
    """The command says what is wrong and ends with 1; with 0 if nothing is."""
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.chdir(tmp_path)
    stem = "class_form" if "class" in form else "decorated"
    (tmp_path / f"bad_{stem}.py").write_text(form.replace("KEYS", BAD[1:-1]))
    (tmp_path / f"good_{stem}.py").write_text(form.replace("KEYS", GOOD[1:-1]))
    assert run_app(["check", f"good_{stem}:load"]) == 0
    assert "custom." not in capsys.readouterr().out
    assert run_app(["check", f"bad_{stem}:load", "--format", "json"]) == 1
    told = json.loads(capsys.readouterr().out)
    assert not told["ok"]
    places = [(f["rule"], f["path"]) for f in told["findings"]]
    assert [place for place in places if place[0].startswith("custom.")] == WRONG
    assert told["findings"][0]["words"] == "KeyError: 'table'"


@kit.container_task(image="a/a:1", custom=lambda settings: {"a": 1 / 0}, name="bad")
def fails(tt) -> None:
    """Never run."""


@kit.container_task(image="a/a:1", custom={"a": "b"}, name="open")
def hands_on(tt) -> str:
    """Hand everything on."""
    return json.dumps(tt.custom)


def test_a_getter_that_raises_is_a_finding():
    """Its exception's last line is told, and no exception comes out."""
    (finding,) = _about_custom(fails)
    assert finding.rule == "custom.fails"
    assert finding.words == "ZeroDivisionError: division by zero"


@pytest.mark.parametrize("error", [RuntimeError, SystemExit])
def test_an_image_that_cannot_be_made_is_a_finding(error):
    """It is asked for again, for the rest of the container; nothing is raised."""

    class Broken(kit.PythonCustomizedContainerTask):
        def get_custom(self, settings):
            return {}

        def get_image(self, settings):
            raise error("no registry")

    made = {"interface": kit.Interface(), "executor_type": hands_on.executor_type}
    broken = Broken("load", None, "a:1", **made)
    found = kit.check(broken).errors
    assert any("no registry" in finding.words for finding in found)


def test_what_cannot_be_told_is_a_note():
    """An executor that hands custom on is not said to leave keys unread."""
    (finding,) = _about_custom(hands_on)
    assert finding.rule == "custom.unknown"
    assert "hands_on hands tt.custom to dumps()" in finding.message


def test_only_tasks_are_checked():
    """Something else is refused by name."""
    with pytest.raises(CallError, match=r"kit\.check"):
        kit.check(len)


def test_a_report_shows_itself_in_text_and_html():
    """Both faces tell the finding, its path, the words and the fix; and escape them."""
    report = kit.CheckReport.of(
        "<b>etl</b>",
        [kit.Finding("r", kit.Severity.ERROR, "custom.a", "<i>!", words="w", fix="f")],
    )
    bundle = report._repr_mimebundle_()
    for face in bundle.values():
        for text in ("custom.a", "1 error", "w", "f"):
            assert text in face
    assert "<i>" not in bundle["text/html"]
    assert "<b>etl" not in bundle["text/html"]
