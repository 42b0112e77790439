"""What is counted from shapes is what trains once the method is on the model."""

from __future__ import annotations

import pytest

from bench.attach.attach import attach
from bench.attach.count import trained_count
from bench.errors import ModelError
from bench.models.catalogue import catalogue
from bench.models.heads import ClassifierHead
from bench.models.meta import meta_model
from tests.methods.every import method, plain

ROBERTA = next(model for model in catalogue() if model.name == "tiny_roberta")


@pytest.mark.parametrize("name", ["lora", "ft"])
def test_the_head_is_not_counted_and_nothing_changes(name):
    """Two classes, as `plain` has them."""
    model, head = meta_model(ROBERTA, ClassifierHead(labels=2))
    before = [key for key, _ in model.named_parameters()]
    found = trained_count(method(name), model, head)
    assert [key for key, _ in model.named_parameters()] == before
    assert not any(p.requires_grad for p in model.parameters())
    loaded = plain("tiny_roberta")
    assert found == attach(loaded.model, method(name), 0, loaded.head).counts()["adapter"]


def test_a_part_that_the_model_lacks_is_refused():
    model, head = meta_model(ROBERTA, ClassifierHead(labels=2))
    with pytest.raises(ModelError, match="part gate: the model has no such part"):
        trained_count(method("lora", parts=["gate"]), model, head)
