"""A pinned model comes from the hub's cache, or fails within seconds with one clear line."""

from __future__ import annotations

import socket
import threading
import time
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
import torch
from huggingface_hub import constants
from transformers import AutoConfig, AutoModelForCausalLM

from bench.check import build
from bench.errors import ConfigError, ModelError
from bench.models import hub
from bench.models.config import HubSource

REVISION = "0123456789abcdef0123456789abcdef01234567"
SOURCE = HubSource(kind="hub", repository="someone/model", revision=REVISION)


@pytest.fixture(autouse=True)
def cache(tmp_path, monkeypatch):
    """An empty cache of the hub, on a machine that is offline."""
    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(tmp_path))
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", True)
    return tmp_path


@pytest.fixture
def online(monkeypatch):
    """A machine that reaches a hub at `endpoint`."""

    def online(endpoint: str) -> None:
        monkeypatch.setattr(constants, "HF_HUB_OFFLINE", False)
        pattern = endpoint + "/{repo_id}/resolve/{revision}/{filename}"
        monkeypatch.setattr(constants, "ENDPOINT", endpoint)
        monkeypatch.setattr(constants, "HUGGINGFACE_CO_URL_TEMPLATE", pattern)
        monkeypatch.setenv("no_proxy", "127.0.0.1")

    return online


def refused() -> str:
    started = time.monotonic()
    with pytest.raises(ModelError) as error:
        hub.hub_folder(SOURCE, "m")
    assert time.monotonic() - started < 5
    message = str(error.value)
    assert "\n" not in message
    assert message.startswith("m: someone/model at 01234567 is not available: ")
    assert "set model.path=DIR to a local copy, or log in" in message
    return message


def test_offline_says_so():
    assert "HF_HUB_OFFLINE is set" in refused()


def test_cached_revision_needs_no_network(cache, read, configs):
    folder = cache / "models--someone--model" / "snapshots" / REVISION
    config = AutoConfig.for_model(**configs["tiny_llama"].source.settings, vocab_size=260)
    torch.manual_seed(1)
    model = AutoModelForCausalLM.from_config(config)
    model.save_pretrained(folder)
    read("tiny_llama").tokenizer.save_pretrained(folder)
    loaded = read(replace(configs["gpt2"], source=SOURCE, architecture={}))
    assert loaded.revision == REVISION
    assert torch.equal(
        loaded.model.model.layers[1].mlp.up_proj.weight, model.model.layers[1].mlp.up_proj.weight
    )


def test_closed_port_is_unreachable(online):
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    online(f"http://127.0.0.1:{port}")
    assert "the hub cannot be reached: [Errno 111] Connection refused" in refused()


def test_silent_hub_is_given_up(online, monkeypatch):
    monkeypatch.setattr("bench.hub.PATIENCE", 3.0)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        online(f"http://127.0.0.1:{silent.getsockname()[1]}")
        assert "the hub cannot be reached: timed out" in refused()


def test_slow_name_resolution_is_given_up(online, monkeypatch):
    """It has no time limit of its own, and took 23-47 s on a machine without a network."""
    monkeypatch.setattr("bench.hub.PATIENCE", 0.2)
    online("http://127.0.0.1:1")
    done = threading.Event()
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: done.wait(20))
    try:
        assert "the hub did not answer in 0 s" in refused()
    finally:
        done.set()


@pytest.fixture
def answers(online):
    """A hub that gives one answer to everything."""
    servers = []

    def answers(status: int, code: str) -> None:
        class Handler(BaseHTTPRequestHandler):
            def do_HEAD(self) -> None:
                self.send_response(status)
                self.send_header("X-Error-Code", code)
                self.end_headers()

            def log_message(self, *_: object) -> None:
                """Print nothing."""

        server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        servers.append(server)
        online(f"http://127.0.0.1:{server.server_port}")

    yield answers
    for server in servers:
        server.shutdown()
        server.server_close()


@pytest.mark.parametrize(
    ("status", "code", "reason"),
    [
        (403, "GatedRepo", "its licence must be accepted at huggingface.co/someone/model first"),
        (404, "RevisionNotFound", "404"),
        (401, "RepoNotFound", "401"),
        (500, "", "500"),
    ],
)
def test_refusal_of_the_hub_is_passed_on(answers, status, code, reason):
    answers(status, code)
    assert reason in refused()


@pytest.mark.parametrize("revision", ["main", "v1.0", REVISION[:7], REVISION.upper()])
def test_only_commits_pin(revision):
    values = {"kind": "hub", "repository": "a/b", "revision": revision}
    with pytest.raises(ConfigError, match=r"is no commit \(40 hexadecimal digits\)"):
        build(HubSource, values, "source")
