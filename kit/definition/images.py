"""Container images: their names, and the ``{{.image.<name>.<attribute>}}`` macros."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from kit.errors import ImageError, nearest

# Patterns are compiled when they are first needed, which many processes do not.

# Group 2 names the image, group 3 the attribute; only the keyword ignores case.
_MACRO = r"(?i)(:?)\{\{\s*\.image[s]?\.([a-zA-Z0-9_-]+)(?:\.([a-zA-Z0-9_-]+))?\s*\}\}"

# The grammar of the container world: github.com/distribution/reference, regexp.go.
_HOST = r"(?:[a-zA-Z0-9](?:[a-zA-Z0-9.-]*[a-zA-Z0-9])?|\[[0-9a-fA-F:]+\])(?::[0-9]+)?"
_PART = r"[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*"
_REFERENCE = (
    rf"(?:{_HOST}/)?{_PART}(?:/{_PART})*"
    r"(?::[A-Za-z0-9_][A-Za-z0-9_.-]{0,127})?"
    r"(?:@[A-Za-z][A-Za-z0-9]*(?:[-_+.][A-Za-z][A-Za-z0-9]*)*:[0-9a-fA-F]{32,})?"
)


@dataclass(frozen=True)
class Image:
    """A container image under the name that macros call it by.

    Attributes:
        name: What ``{{.image.<name>}}`` says.
        fqn: Registry, user and repository, such as ``ghcr.io/acme/runner``.
        tag: Version after a colon; excludes ``digest``.
        digest: Content hash after an at sign, such as ``sha256:…``.

    Example:
        >>> Image("default", "ghcr.io/acme/runner", tag="1.4").full
        'ghcr.io/acme/runner:1.4'
    """

    name: str
    fqn: str
    tag: str | None = None
    digest: str | None = None

    def __post_init__(self) -> None:
        if self.tag is not None and self.digest is not None:
            msg = (
                f"Cannot specify both tag and digest. Got tag={self.tag} and "
                f"digest={self.digest}. Leave the tag out: the digest alone pins it."
            )
            raise ImageError(msg)

    @property
    def full(self) -> str:
        """The whole name; an image without a version reads ``fqn:None`` on the wire."""
        return f"{self.fqn}@{self.digest}" if self.digest else f"{self.fqn}:{self.tag}"

    @property
    def version(self) -> str | None:
        """The digest, or else the tag."""
        return self.digest or self.tag

    @staticmethod
    def look_up_image_info(
        name: str,
        image_identifier: str,
        allow_no_tag_or_digest: bool = False,  # noqa: FBT001, FBT002 - flytekit's signature
    ) -> Image:
        """Read an image's whole name apart.

        Raises:
            ImageError: It has neither tag nor digest, and needs one.
        """
        fqn, tag, digest = _split(image_identifier)
        if tag is None and digest is None and not allow_no_tag_or_digest:
            msg = (
                f"Incorrectly formatted image {image_identifier}, missing tag or "
                f"digest. Write it as name:tag or name@sha256:…"
            )
            raise ImageError(msg)
        return Image(name=name, fqn=fqn, tag=tag, digest=digest)


def _split(identifier: str) -> tuple[str, str | None, str | None]:
    fqn, at, digest = identifier.rpartition("@")
    if at:
        return fqn, None, digest
    fqn, colon, tag = identifier.rpartition(":")
    if colon and "/" not in tag:  # otherwise the colon is a registry's port
        return fqn, tag, None
    return identifier, None, None


@dataclass(frozen=True)
class ImageConfig:
    """The images a definition may name, one of them the default.

    Example:
        >>> images = ImageConfig.from_images("acme/app:7", {"spark": "acme/spark:3.5"})
        >>> images.find_image("spark").full
        'acme/spark:3.5'
    """

    default_image: Image | None = None
    images: Sequence[Image] | None = None

    def __post_init__(self) -> None:
        default: object = self.default_image
        if default is not None and not isinstance(default, Image):
            kind = type(default)
            msg = (
                f"Default image should be of type Image or None not {kind}. "
                f"ImageConfig.from_images takes an image's name as text."
            )
            raise ImageError(msg)
        if self.images is not None:
            object.__setattr__(self, "images", tuple(self.images))

    @classmethod
    def create_from(
        cls,
        default_image: Image | None,
        other_images: Iterable[Image] | None = None,
    ) -> ImageConfig:
        """Make a configuration whose ``images`` start with the default one."""
        first = (default_image,) if default_image is not None else ()
        return cls(default_image, (*first, *(other_images or ())))

    @classmethod
    def from_images(
        cls, default_image: str, m: Mapping[str, str] | None = None
    ) -> ImageConfig:
        """Make a configuration from whole names; only the default needs a version.

        Raises:
            ImageError: The default image has neither tag nor digest.
        """
        return cls.create_from(
            Image.look_up_image_info("default", default_image)
            if default_image
            else None,
            [
                Image.look_up_image_info(name, full, allow_no_tag_or_digest=True)
                for name, full in (m or {}).items()
            ],
        )

    def find_image(self, name: str) -> Image | None:
        """Return the image of that name, the default one first, or ``None``."""
        return next((image for image in self._all() if image.name == name), None)

    def _all(self) -> tuple[Image, ...]:
        first = (self.default_image,) if self.default_image is not None else ()
        return (*first, *(self.images or ()))


def render_image(image: str | None, image_config: ImageConfig) -> str:
    """Replace the image macros of a container image; other text stays as it is.

    ``{{.image.<name>}}`` is the whole name, ``.fqn`` the part before the version and
    ``.version`` the tag or digest, of the default image where the named one has none.
    No image at all means the default one.

    Raises:
        ImageError: A macro names an image or attribute that does not exist, or there
            is neither an image nor a default one.
    """
    if image:
        return re.sub(_MACRO, lambda match: _replacement(match, image_config), image)
    if image_config.default_image is None:
        msg = (
            "An image is required for PythonAutoContainer tasks. Pass container_image, "
            "or give the settings an image_config with a default_image."
        )
        raise ImageError(msg)
    return image_config.default_image.full


def _replacement(match: re.Match[str], image_config: ImageConfig) -> str:
    colon, name, attribute = match.groups()
    image = image_config.find_image(name)
    if image is None:
        known = [entry.name for entry in image_config._all()]  # noqa: SLF001 - same file
        msg = (
            f"Image Config with name {name} not found in the configuration, "
            f"which has {', '.join(map(repr, known)) or 'no images'}."
        )
        raise ImageError(msg + nearest(name, known))
    if attribute is None:
        return colon + image.full
    if attribute == "fqn":
        return colon + image.fqn
    if attribute == "version":
        version = _version(image, image_config)
        return f"@{version}" if colon and ":" in version else colon + version
    msg = (
        f"Only fqn and version are supported replacements, {attribute} is not "
        f"supported. Leave the attribute out for the whole name."
    )
    raise ImageError(msg)


def _version(image: Image, image_config: ImageConfig) -> str:
    default = image_config.default_image
    version = image.version or (default.version if default is not None else None)
    if version is None:
        msg = (
            f"Image {image.name!r} ({image.fqn}) has neither tag nor digest, and the "
            f"default image has none to lend. Give one of them a tag."
        )
        raise ImageError(msg)
    return version


def check_image_reference(image: str) -> None:
    """Refuse an image name that no container engine would accept.

    Kept apart from rendering, because Flyte takes any text and only the kubelet says
    ``InvalidImageName``. The grammar is github.com/distribution/reference's.

    Raises:
        ImageError: Saying what is wrong with the name.
    """
    if not isinstance(image, str) or not image:
        msg = f"An image must be a name such as 'ghcr.io/acme/app:1.0', got {image!r}."
        raise ImageError(msg)
    if "{{" in image:
        msg = (
            f"Image {image!r} still has a macro in it. Macros look like "
            f"{{{{.image.default}}}} or {{{{.image.default.fqn}}}}."
        )
        raise ImageError(msg)
    if re.fullmatch(_REFERENCE, image) is None:
        raise ImageError(f"Image {image!r} {_complaint(image)}.")


def _complaint(image: str) -> str:
    if "\0" in image or any(char.isspace() for char in image):
        return "has spaces or control characters in it: take them out"
    fqn, tag, digest = _split(image)
    repository = fqn.partition("/")[2] or fqn
    if repository != repository.lower():
        return "has upper-case letters in its repository: registries know lower case"
    if digest is not None:
        return "has a malformed digest: expected name@sha256: and 64 hex digits"
    if tag is not None and not re.fullmatch(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}", tag):
        return "has a malformed tag: letters, digits, '_', '.', '-', at most 128"
    return "is not a reference of the form [registry/]repository[:tag][@digest]"
