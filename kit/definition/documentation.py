"""What is written about a task for its readers."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from flyteidl.admin import description_entity_pb2

from kit.definition.docstring import Docstring

__all__ = ["Description", "Documentation", "SourceCode", "documentation_of"]


@dataclass(frozen=True)
class Description:
    """A long text, or where to find it.

    Attributes:
        value: The text, formatted.
        uri: Where the text is, when it is not here.
        icon_link: An icon shown beside it.
        format: The markup of the text.
    """

    class DescriptionFormat(Enum):
        """The markup of a description."""

        UNKNOWN = description_entity_pb2.DescriptionFormat.DESCRIPTION_FORMAT_UNKNOWN
        MARKDOWN = description_entity_pb2.DescriptionFormat.DESCRIPTION_FORMAT_MARKDOWN
        HTML = description_entity_pb2.DescriptionFormat.DESCRIPTION_FORMAT_HTML
        RST = description_entity_pb2.DescriptionFormat.DESCRIPTION_FORMAT_RST

    value: str | None = None
    uri: str | None = None
    icon_link: str | None = None
    format: DescriptionFormat = DescriptionFormat.RST

    def to_flyte_idl(self) -> description_entity_pb2.Description:
        """Write the description as Flyte's message; an empty text is left unset."""
        return description_entity_pb2.Description(
            value=self.value or None,
            uri=self.uri or None,
            format=self.format.value,
            icon_link=self.icon_link,
        )

    @classmethod
    def from_flyte_idl(
        cls, pb2_object: description_entity_pb2.Description
    ) -> Description:
        """Read a description from Flyte's message; empty text becomes ``None``."""
        return cls(
            value=pb2_object.value or None,
            uri=pb2_object.uri or None,
            icon_link=pb2_object.icon_link or None,
            format=cls.DescriptionFormat(pb2_object.format),
        )


@dataclass(frozen=True)
class SourceCode:
    """A link to the code of a task."""

    link: str | None = None

    def to_flyte_idl(self) -> description_entity_pb2.SourceCode:
        """Write the link as Flyte's message."""
        return description_entity_pb2.SourceCode(link=self.link)

    @classmethod
    def from_flyte_idl(
        cls, pb2_object: description_entity_pb2.SourceCode
    ) -> SourceCode | None:
        """Read a link from Flyte's message; ``None`` when it is empty."""
        return cls(pb2_object.link) if pb2_object.link else None


@dataclass(frozen=True)
class Documentation:
    """One line about a task, a long text, and a link to its code.

    Example:
        >>> Documentation("Scores rows.").to_flyte_idl().short_description
        'Scores rows.'
    """

    short_description: str | None = None
    long_description: Description | None = None
    source_code: SourceCode | None = None

    def to_flyte_idl(self) -> description_entity_pb2.DescriptionEntity:
        """Write the documentation as Flyte's message."""
        long, code = self.long_description, self.source_code
        return description_entity_pb2.DescriptionEntity(
            short_description=self.short_description,
            long_description=long.to_flyte_idl() if long is not None else None,
            source_code=code.to_flyte_idl() if code is not None else None,
        )

    @classmethod
    def from_flyte_idl(
        cls, pb2_object: description_entity_pb2.DescriptionEntity
    ) -> Documentation:
        """Read documentation from Flyte's message."""
        has_long = pb2_object.HasField("long_description")
        long = pb2_object.long_description
        return cls(
            short_description=pb2_object.short_description or None,
            long_description=Description.from_flyte_idl(long) if has_long else None,
            source_code=SourceCode.from_flyte_idl(pb2_object.source_code),
        )


def documentation_of(
    docs: Documentation | None, docstring: Docstring | None
) -> Documentation | None:
    """Join what the author passed with the interface's docstring.

    The docstring wins where it has text, as in flytekit.
    """
    if docstring is None:
        return docs
    short, long = docstring.short_description, docstring.long_description
    if docs is None:
        return Documentation(short, Description(long))
    return Documentation(
        short_description=short or docs.short_description,
        long_description=Description(long) if long else docs.long_description,
        source_code=docs.source_code,
    )
