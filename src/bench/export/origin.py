"""Where a base model comes from, in the words of a model card. No torch."""

from __future__ import annotations

from dataclasses import dataclass

from bench.models.config import HubSource, ModelConfig, PackageSource


@dataclass(frozen=True, kw_only=True)
class Origin:
    """A base model, as another program would load it."""

    name: str
    """Repository on the hub, or the model's name here where it is not from there."""
    revision: str | None
    """Commit of the repository."""
    words: str
    """Where to get it."""

    @property
    def on_hub(self) -> bool:
        """Whether `name` is a repository."""
        return self.revision is not None


def origin_of(model: ModelConfig) -> Origin:
    """The origin of a base model; a local copy has that of what it is a copy of."""
    source = model.source
    if isinstance(source, HubSource):
        words = f"`{source.repository}` on the Hugging Face hub, commit `{source.revision}`"
        return Origin(name=source.repository, revision=source.revision, words=words)
    if isinstance(source, PackageSource):
        words = f"`{source.file}` in the Python package `{source.requirement}`"
    else:
        words = f"random weights of seed {source.seed}, made by this harness"
    return Origin(name=model.name, revision=None, words=words)
