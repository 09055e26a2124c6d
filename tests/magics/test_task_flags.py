"""The flags of ``%%container_task`` and the keywords they stand for."""

from __future__ import annotations

import inspect

import pytest
from IPython.core.error import UsageError

import kit
from kit.magics.container_task import keywords_of, task_flags


def keywords(text):
    """Return the keywords that some flags stand for."""
    return keywords_of(task_flags().parse_text(text))


@pytest.mark.parametrize(
    ("flags", "expected"),
    [
        ("--image acme/w:1", {"image": "'acme/w:1'"}),
        ("--image ''", {"image": "''"}),
        ("--image {{.image.x.fqn}}:1", {"image": "'{{.image.x.fqn}}:1'"}),
        ("--image $IMAGE", {"image": "IMAGE"}),
        ("--image $settings.image", {"image": "settings.image"}),
        ("--name $if", {"name": "'$if'"}),
        ("--name '$a b'", {"name": "'$a b'"}),
        ("--custom t=x", {"custom": "{'t': 'x'}"}),
        ("--custom a=1 --custom b=null", {"custom": "{'a': 1, 'b': None}"}),
        ("""--custom a='"1"'""", {"custom": "{'a': '1'}"}),
        ("--custom a=NaN", {"custom": "{'a': 'NaN'}"}),
        ("--custom a=1e999", {"custom": "{'a': float('inf')}"}),
        ("--custom a=$limit", {"custom": "{'a': limit}"}),
        ("--custom a=b=c", {"custom": "{'a': 'b=c'}"}),
        ("--custom $everything", {"custom": "everything"}),
        ("--env A=1 --env B=", {"environment": "{'A': '1', 'B': ''}"}),
        (
            "--cpu 1 --mem 1Gi --gpu-limit 2",
            {
                "requests": "kit.Resources(cpu='1', mem='1Gi')",
                "limits": "kit.Resources(gpu='2')",
            },
        ),
        (
            "--secret db/password --secret x",
            {
                "secret_requests": "[kit.Secret(group='db', key='password'), "
                "kit.Secret(group='x')]"
            },
        ),
        ("--cache-version 2", {"cache_version": "'2'", "cache": "True"}),
        ("--cache-ignore a", {"cache_ignore_input_vars": "['a']"}),
        ("--retries 2 --timeout 1h30m", {"retries": "2", "timeout": "5400"}),
        ("--timeout $TIME --retries $N", {"retries": "N", "timeout": "TIME"}),
        ("--no-interruptible", {"interruptible": "False"}),
        ("--deck-field 'Source Code'", {"deck_fields": "['Source Code']"}),
        ("--accelerator nvidia-l4", {"accelerator": "kit.GPUAccelerator('nvidia-l4')"}),
        ("--runtime kit --ship inline", {"runtime": "'kit'", "ship": "'inline'"}),
        ("--show", {}),
    ],
)
def test_flags_are_keywords(flags, expected):
    """Their values are Python source; `$NAME` is a variable."""
    assert keywords(flags) == expected


@pytest.mark.parametrize(
    ("flags", "why"),
    [
        ("--retry 2", "unrecognized arguments: --retry 2. Did you mean '--retries'?"),
        ("--retries two", "--retries: 'two' is no whole number"),
        ("--timeout soon", "--timeout: 'soon' is no duration"),
        ("--timeout 0.5", "'0.5' is no whole number of seconds"),
        ("--custom table", "--custom: 'table' is no KEY=VALUE"),
        ("--custom a=1 --custom a=2", "--custom: 'a' is given twice"),
        ("--custom $a --custom b=1", "--custom: a variable is the whole mapping"),
        ("--secret db/", "--secret: 'db/' is no GROUP/KEY"),
        ("--runtime docker", "--runtime: invalid choice: 'docker'"),
        ("--image", "--image: expected one argument"),
        ("--name 'x", '"--name \'x" cannot be read: No closing quotation'),
        ("--custom a=[" + "1," * 20_000 + "1]", "--custom: the value is too large"),
    ],
)
def test_a_wrong_flag_is_a_usage_error(flags, why):
    """It names the flag and the value; nothing exits, nothing is printed."""
    with pytest.raises(UsageError) as raised:
        keywords(flags)
    assert why in str(raised.value)


def test_every_keyword_of_the_decorator_has_a_flag():
    """But for the documentation, which is the body's docstring."""
    everything = keywords(
        "--image i --custom a=1 --name n --task-type t --cpu 1 --cpu-limit 1 --env a=1 "
        "--secret a/b --runtime kit --enable-deck --deck-field Input --cache-version 1 "
        "--cache-serialize --cache-ignore a --retries 1 --timeout 1 --interruptible "
        "--accelerator a --shared-memory 1Gi --ship inline --inline-limit 1"
    )
    parameters = set(inspect.signature(kit.container_task).parameters)
    assert parameters - set(everything) == {"function", "unknown", "docs"}


def test_the_help_names_every_flag_in_80_columns(monkeypatch):
    """It is what `?` shows."""
    monkeypatch.setenv("COLUMNS", "80")
    text = task_flags().format_help()
    assert all(flag in text for flag in task_flags().flags())
    assert max(map(len, text.splitlines())) < 80
