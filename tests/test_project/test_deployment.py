"""Dockerfile and docker-compose.yml against settings, commands, Makefile and README.

No Docker is needed: both files are parsed and compared with what they rely on.
"""

from __future__ import annotations

import json
import re
import shlex
import tomllib
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import dj_database_url
import pytest
import yaml
from celery.bin.celery import celery as celery_command
from django.core.management import get_commands, load_command_class

import haitang.celery
from tests.run import NOT_FOR_TESTS

ROOT = Path(__file__).parent.parent.parent
COMPOSE: dict[str, Any] = yaml.safe_load((ROOT / "docker-compose.yml").read_text("utf-8"))
SERVICES: dict[str, Any] = COMPOSE["services"]
PRODUCT = ["web", "worker", "beat"]
DOCKERFILE = (ROOT / "Dockerfile").read_text("utf-8").replace("\\\n", " ")
SETTINGS = (ROOT / "haitang" / "web" / "settings.py").read_text("utf-8")
READ_BY_SETTINGS = set(re.findall(r'(?:environ\.get|_flag|_list)\("(\w+)"', SETTINGS))


def instructions(name: str) -> list[str]:
    """The arguments of each instruction of that name in the Dockerfile."""
    return re.findall(rf"^{name}\s+(.*)$", DOCKERFILE, re.MULTILINE)


def product_commands() -> list[list[str]]:
    """Every command line that the containers run, as words."""
    lines: list[list[str]] = [json.loads(instructions("CMD")[0])]
    for name in PRODUCT:
        words = shlex.split(SERVICES[name]["command"])
        parts = words[2].split("&&") if words[:2] == ["sh", "-c"] else [" ".join(words)]
        lines += [shlex.split(part.strip().removeprefix("exec ")) for part in parts]
    check = SERVICES["worker"]["healthcheck"]["test"]
    return [*lines, shlex.split(check[1])]


def test_services_are_those_of_the_distributed_form() -> None:
    assert set(SERVICES) == {"postgres", "redis", *PRODUCT}


@pytest.mark.parametrize("command", product_commands(), ids=" ".join)
def test_every_command_exists_with_its_options(command: list[str]) -> None:
    program, *words = command
    if program == "celery":
        assert words[:2] == ["-A", haitang.celery.app.main]
        name, *rest = words[2:]
        options = {o for p in celery_command.commands[name].params for o in p.opts}
        assert {word for word in rest if word.startswith("--")} <= options
        return
    assert [program, words[0]] == ["python", "manage.py"]
    assert words[1] in get_commands(), words[1]
    application = get_commands()[words[1]]
    parser = load_command_class(str(application), words[1]).create_parser("manage.py", words[1])
    parser.parse_args(words[2:])


def test_web_migrates_before_it_serves() -> None:
    names = [words[2] for words in product_commands() if words[0] == "python"]
    assert names == ["serve", "migrate", "serve"]


@pytest.mark.parametrize("name", PRODUCT)
def test_environment_is_what_the_settings_read(name: str) -> None:
    assert set(SERVICES[name]["environment"]) <= READ_BY_SETTINGS
    in_image = {word.partition("=")[0] for line in instructions("ENV") for word in line.split()}
    assert in_image <= READ_BY_SETTINGS | {"PYTHONUNBUFFERED"}
    assert {"DATABASE_URL", "REDIS_URL", "SECRET_KEY"} <= set(SERVICES[name]["environment"])


def test_settings_describe_every_variable_that_they_read() -> None:
    described = set(re.findall(r"^``(\w+)``", SETTINGS, re.MULTILINE))
    assert described == READ_BY_SETTINGS


def test_tests_shed_every_variable_of_an_installation() -> None:
    assert READ_BY_SETTINGS - {"VAR_DIR"} <= NOT_FOR_TESTS


def test_variables_that_somebody_must_set_are_in_both_readmes() -> None:
    text = (ROOT / "docker-compose.yml").read_text("utf-8")
    for name in set(re.findall(r"\$\{(\w+):\?", text)):
        assert name in (ROOT / "README.md").read_text("utf-8")
        assert name in (ROOT / "README.zh-CN.md").read_text("utf-8")


def test_addresses_are_those_of_the_services() -> None:
    environment = SERVICES["web"]["environment"]
    url = re.sub(r"\$\{(\w+):\?[^}]*\}", r"\1", environment["DATABASE_URL"])
    database = dj_database_url.parse(url)
    postgres = SERVICES["postgres"]["environment"]
    assert database["HOST"] in SERVICES
    assert database["USER"] == postgres["POSTGRES_USER"]
    assert database["NAME"] == postgres["POSTGRES_DB"]
    assert postgres["POSTGRES_PASSWORD"].startswith("${" + str(database["PASSWORD"]))
    assert urlsplit(environment["REDIS_URL"]).hostname in SERVICES


def test_port_is_the_same_everywhere() -> None:
    (port,) = instructions("EXPOSE")
    served = {words[words.index("--port") + 1] for words in product_commands() if "serve" in words}
    assert served == {port}
    assert SERVICES["web"]["ports"] == [f"127.0.0.1:{port}:{port}"]
    assert f"http://127.0.0.1:{port}" in (ROOT / "README.md").read_text("utf-8")


def test_image_has_the_python_and_the_packages_of_make_demo() -> None:
    pyproject = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    version = pyproject["project"]["requires-python"].removeprefix(">=")
    assert instructions("FROM") == [f"python:{version}-slim"]
    makefile = (ROOT / "Makefile").read_text("utf-8")
    demo = re.search(r"^demo:.*\n((?:\t.*\n)+)", makefile, re.MULTILINE)
    assert demo
    (installed,) = re.findall(r"tools/venv\.sh (\S+)", demo[1])
    assert any(line.endswith(f"-r {installed}") for line in instructions("RUN"))
    assert f"{installed} ./" in instructions("COPY")


def test_image_does_not_run_as_root_and_owns_its_data() -> None:
    (user,) = instructions("USER")
    (volume,) = instructions("VOLUME")
    assert any(f"--home-dir {volume} --create-home {user}" in line for line in instructions("RUN"))
    for name in PRODUCT:
        assert SERVICES[name]["environment"]["VAR_DIR"] == volume
        assert any(line.endswith(f":{volume}") for line in SERVICES[name]["volumes"])


def test_services_wait_for_what_they_need() -> None:
    for service in SERVICES.values():
        for name, wait in service.get("depends_on", {}).items():
            assert wait == {"condition": "service_healthy"}
            assert "healthcheck" in SERVICES[name]
    assert {"postgres", "redis"} <= set(SERVICES["web"]["depends_on"])


def test_named_volumes_are_declared() -> None:
    used = {line.partition(":")[0] for s in SERVICES.values() for line in s.get("volumes", [])}
    assert used == set(COMPOSE["volumes"])
