"""Small models with random weights, for tests of everything but quality."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from bench.errors import ModelError
from bench.models.architecture import check_fields
from bench.models.heads import ENCODERS, ClassifierHead, Head, check_head
from bench.models.parts import FAMILIES
from bench.models.tokenizer import SPECIAL, VOCABULARY, byte_tokenizer

if TYPE_CHECKING:
    import torch
    from transformers import PreTrainedConfig, PreTrainedModel, PreTrainedTokenizerFast

    from bench.models.config import RandomSource


def random_model(
    source: RandomSource, head: Head, dtype: torch.dtype, name: str
) -> tuple[PreTrainedModel, PreTrainedTokenizerFast]:
    """Build the model of `source.settings`, its weights drawn from `source.seed`.

    The weights are drawn in fp32 and rounded, so that they do not depend on `dtype`.
    The tokenizer has one token a byte.
    """
    import torch
    from transformers import AutoModelForCausalLM, AutoModelForSequenceClassification

    config = random_configuration(source, name)
    check_head(head, config.model_type, name)
    kind: Any = AutoModelForCausalLM
    if isinstance(head, ClassifierHead):
        kind = AutoModelForSequenceClassification
        config.num_labels = head.labels
    torch.default_generator.manual_seed(source.seed)
    model = kind.from_config(config, dtype=torch.float32)
    # Buffers (rotary frequencies) stay in fp32, as they do in a model read from a file.
    for parameter in model.parameters():
        parameter.data = parameter.data.to(dtype)
    model.config.dtype = dtype
    return model, byte_tokenizer(pairs=config.model_type in ENCODERS)


def random_configuration(source: RandomSource, name: str) -> PreTrainedConfig:
    """Return the transformers configuration, with the vocabulary of the byte tokenizer."""
    from transformers import AutoConfig

    settings = dict(source.settings)
    family = settings.pop("model_type", None)
    if family not in FAMILIES:
        raise ModelError(
            f"{name}: model.source.settings.model_type={family}; supported: "
            f"{', '.join(sorted(FAMILIES))}"
        )
    check_fields(family, settings, f"{name}: model.source.settings")
    pad, eos, cls, _ = range(len(SPECIAL))
    tokens = {"pad_token_id": pad, "eos_token_id": eos, "bos_token_id": cls}
    return AutoConfig.for_model(family, **settings, vocab_size=VOCABULARY, **tokens)
