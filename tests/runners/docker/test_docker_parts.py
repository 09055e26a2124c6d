"""What a container is made of, before any engine is asked."""

from __future__ import annotations

import io
import tarfile
from pathlib import Path

import pytest
from container_tasks import container_task
from flyteidl.core.literals_pb2 import LiteralMap
from flyteidl.core.tasks_pb2 import TaskTemplate

from kit.definition.resources import Resources
from kit.definition.security import Secret
from kit.errors import EngineError
from kit.runners.docker.container_spec import (
    ContainerSpec,
    Limits,
    container_limits,
    lay_out_secrets,
)
from kit.runners.docker.file_transfer import extract_out
from kit.shim.local_files import input_paths
from kit.template.serialize import LOCAL_SETTINGS, task_template

GIB = 2**30


def template(**kwargs) -> TaskTemplate:
    """Make the template of a task."""
    return task_template(container_task(**kwargs), LOCAL_SETTINGS)


@pytest.mark.parametrize(
    ("kwargs", "limits"),
    [
        ({}, Limits()),
        ({"requests": Resources(cpu="500m")}, Limits(nano_cpus=500_000_000)),
        ({"requests": Resources(cpu="64")}, Limits(nano_cpus=4_000_000_000)),
        ({"requests": Resources(cpu="1m")}, Limits(nano_cpus=10_000_000)),
        ({"requests": Resources(mem="1G")}, Limits(memory=10**9)),
        ({"requests": Resources(mem="1")}, Limits(memory=6 * 2**20)),
        (
            {"requests": Resources(mem="1Gi"), "limits": Resources(mem="2Gi")},
            Limits(memory=2 * GIB),
        ),
        ({"limits": Resources(gpu="2")}, Limits(gpus=2)),
        (
            {"shared_memory": True, "limits": Resources(mem="1Gi")},
            Limits(memory=GIB, shared_memory=GIB),
        ),
        ({"shared_memory": "1Mi"}, Limits(shared_memory=2**20)),
    ],
)
def test_limits_are_the_templates(kwargs, limits):
    """A limit that is missing is the request; the engine's bounds are kept."""
    assert container_limits(template(**kwargs), lambda: 4) == limits


def test_shared_memory_that_is_mounted_elsewhere():
    """It is memory too, at the path that the template says."""
    message = template(shared_memory="1Mi")
    message.extended_resources.shared_memory.mount_path = "/scratch"
    limits = container_limits(message, lambda: 4)
    assert limits.create_arguments() == {"tmpfs": {"/scratch": "size=1048576"}}
    assert limits.options() == ["--tmpfs", "/scratch:size=1048576"]


def test_the_command_names_variables_and_no_values():
    """What it says on the command line is the template's command in its image."""
    spec = ContainerSpec(
        name="kit-1",
        image="acme/lab:1",
        command=("python", "-m"),
        arguments=("run", "--all"),
        environment={"MODE": "a value"},
        secrets={"_FSEC_A_B": "swordfish"},
        platform="linux/arm64",
        limits=Limits(nano_cpus=10**9, memory=GIB, gpus=1),
    )
    words = spec.words("podman", [Path("/tmp/run")])  # noqa: S108 - made nowhere
    assert " ".join(words) == (
        "podman run --rm --network none "
        "--mount type=bind,source=/tmp/run,target=/tmp/run --env MODE "
        "--platform linux/arm64 --cpus 1 --memory 1073741824 --memory-swap 1073741824 "
        "--gpus 1 --entrypoint python acme/lab:1 -m run --all"
    )
    assert "swordfish" not in repr(spec)
    arguments = spec.create_arguments()
    assert arguments["entrypoint"] == ["python", "-m"]
    assert arguments["environment"] == {"MODE": "a value", "_FSEC_A_B": "swordfish"}
    assert arguments["mem_limit"] == arguments["memswap_limit"] == GIB
    assert "swordfish" not in str(arguments["labels"])


def test_secrets_are_laid_out_as_in_a_pod():
    """By their mount requirement, under lower-case folders, without versions."""
    kind = Secret.MountType
    requests = [
        Secret("Grp", "Any"),
        Secret("grp", "file", "v2", kind.FILE, env_var="WHERE"),
        Secret("grp", "env", "v2", kind.ENV_VAR, env_var="ALSO"),
        Secret("grp", "missing"),
    ]
    environ = {"_FSEC_GRP_ANY": "1", "_FSEC_GRP_V2_FILE": "2", "GRP_ENV": "3"}
    layout = lay_out_secrets(template(secret_requests=requests), environ)
    folder = "/etc/flyte/secrets"
    assert layout.files == {f"{folder}/grp/any": b"1", f"{folder}/grp/file": b"2"}
    assert layout.variables == {
        "FLYTE_SECRETS_DEFAULT_DIR": folder,
        "FLYTE_SECRETS_FILE_PREFIX": "",
        "FLYTE_SECRETS_ENV_PREFIX": "_FSEC_",
        "WHERE": f"{folder}/grp/file",
        "_FSEC_GRP_ENV": "3",
        "ALSO": "3",
    }
    assert repr(layout) == "SecretLayout()"


def test_files_are_found_wherever_literals_name_them(tmp_path: Path):
    """Inside lists, maps, unions, tables and dataclasses, each once."""
    import msgpack

    paths = [tmp_path / name for name in "abcdef"]
    for path in paths:
        path.write_text("")
    inputs = LiteralMap()
    inputs.literals["list"].collection.literals.add().scalar.blob.uri = str(paths[0])
    inputs.literals["map"].map.literals["x"].scalar.schema.uri = f"file://{paths[1]}"
    inputs.literals["union"].scalar.union.value.scalar.blob.uri = str(paths[2])
    inputs.literals["frame"].scalar.structured_dataset.uri = str(tmp_path)
    inputs.literals["large"].offloaded_metadata.uri = str(paths[3])
    record = {"rows": [{"file": {"path": str(paths[4])}, "name": str(paths[5])}]}
    binary = inputs.literals["record"].scalar.binary
    binary.tag, binary.value = "msgpack", msgpack.packb(record)
    for name, uri in (
        ("url", "s3://bucket/a"),
        ("relative", "a"),
        ("gone", "/no/such"),
        ("again", paths[0]),
    ):
        inputs.literals[name].scalar.blob.uri = str(uri)
    assert set(input_paths(inputs)) == {*paths[:5], tmp_path}
    assert len(input_paths(inputs)) == 6


def tar_of(*members: tuple[str, bytes, str]) -> list[bytes]:
    """Return a tar file of a folder ``run`` in small pieces: name, type, content."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as tar:
        for name, kind, content in members:
            info = tarfile.TarInfo(name)
            info.type = kind
            if kind in (tarfile.SYMTYPE, tarfile.LNKTYPE):
                info.linkname = content
                tar.addfile(info)
            else:
                info.size = len(content)
                tar.addfile(info, io.BytesIO(content.encode()))
    data = buffer.getvalue()
    return [data[at : at + 700] for at in range(0, len(data), 700)]


FOLDER, FILE = tarfile.DIRTYPE, tarfile.REGTYPE


def test_what_comes_out_of_a_container(tmp_path: Path):
    """Files, folders and links that stay inside; only of the folders asked for."""
    chunks = tar_of(
        ("run", FOLDER, ""),
        ("run/raw", FOLDER, ""),
        ("run/raw/a.txt", FILE, "A"),
        ("run/raw/soft", tarfile.SYMTYPE, "a.txt"),
        ("run/raw/hard", tarfile.LNKTYPE, "run/raw/a.txt"),
        ("run/raw/pipe", tarfile.FIFOTYPE, ""),
        ("run/inputs.pb", FILE, "not again"),
    )
    extract_out(chunks, tmp_path, ("outputs", "raw"))
    names = sorted(path.name for path in (tmp_path / "raw").iterdir())
    assert names == ["a.txt", "hard", "soft"]
    assert {(tmp_path / "raw" / name).read_text() for name in names} == {"A"}
    assert not (tmp_path / "inputs.pb").exists()


@pytest.mark.parametrize(
    "members",
    [
        [("run/raw/../../evil", FILE, "x")],
        [("run/raw/link", tarfile.SYMTYPE, "/etc/passwd")],
        [("run/raw/link", tarfile.SYMTYPE, "../../evil")],
        [("run/raw/hard", tarfile.LNKTYPE, "run/../evil")],
    ],
)
def test_what_leads_outside_is_refused(members, tmp_path: Path):
    """A task cannot make its runner write or link elsewhere."""
    target = tmp_path / "run"
    (target / "raw").mkdir(parents=True)
    (tmp_path / "evil").write_text("untouched")
    with pytest.raises(EngineError, match="leads outside the folder of the run"):
        extract_out(tar_of(*members), target, ("raw",))
    assert (tmp_path / "evil").read_text() == "untouched"


def test_an_archive_that_is_cut_off(tmp_path: Path):
    """Outputs that did not come whole are no outputs."""
    (tmp_path / "raw").mkdir()
    chunks = tar_of(("run/raw/a.txt", FILE, "A" * 5000))
    with pytest.raises(EngineError, match="cut off"):
        extract_out(chunks[:4], tmp_path, ("raw",))
