"""The model files of the project are valid and pinned."""

from __future__ import annotations

import re

import pytest

from bench.errors import ConfigError, ModelError
from bench.models.catalogue import catalogue


def test_the_models_of_both_papers_and_of_the_quick_preset_are_there(configs):
    assert set(configs) >= {
        "gemma_2b",
        "gpt2",
        "gpt2_medium",
        "llama3_8b",
        "minilm_l6",
        "roberta_base",
        "roberta_large",
        "smollm2_135m",
        "tiny_gpt2",
        "tiny_llama",
        "tiny_roberta",
    }
    assert list(configs) == sorted(configs)


def test_folders_of_presets_are_no_models(configs):
    assert not {"quick", "paper", "e2e"} & set(configs)


def test_hub_models_are_pinned_to_distinct_commits(configs):
    revisions = [c.source.revision for c in configs.values() if c.source.kind == "hub"]
    assert all(re.fullmatch(r"[0-9a-f]{40}", revision) for revision in revisions)
    assert len(set(revisions)) == len(revisions) >= 6


VALID = (
    "name: m\ntitle: M\nlicence: MIT\nfamily: gpt2\n"
    "source: {kind: hub, repository: a/b, revision: %s}\n"
)


@pytest.mark.parametrize(
    ("text", "error", "message"),
    [
        (VALID % "main", ConfigError, "'main' is no commit"),
        ((VALID % ("a" * 40)).replace("name: m", "name: n"), ModelError, "must be called n.yaml"),
        ("name: [", ConfigError, "m.yaml: not YAML"),
        ((VALID % ("a" * 40)) + "colour: red", ConfigError, "m.yaml.colour: no such key"),
        ("", ConfigError, "m.yaml: a mapping with keys is needed"),
    ],
)
def test_a_wrong_file_is_named_with_its_mistake(tmp_path, text, error, message):
    (tmp_path / "m.yaml").write_text(text)
    with pytest.raises(error, match=re.escape(message)) as raised:
        catalogue(tmp_path)
    assert "\n" not in str(raised.value)
