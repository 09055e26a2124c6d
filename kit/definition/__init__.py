"""Facts of a definition: interface, resources, image, secrets, metadata, executor."""

from __future__ import annotations

from kit.definition.accelerators import (
    A10G,
    A100,
    A100_80GB,
    H100,
    H200,
    K80,
    L4,
    L4_VWS,
    L40S,
    M60,
    P4,
    P100,
    RTX_PRO_6000,
    T4,
    V5E,
    V5P,
    V6E,
    V100,
    BaseAccelerator,
    GPUAccelerator,
    MultiInstanceGPUAccelerator,
    extended_resources,
)
from kit.definition.artifact import (
    Artifact,
    ArtifactIDSpecification,
    ArtifactQuery,
)
from kit.definition.deck_fields import (
    DEFAULT_DECK_FIELDS,
    DeckField,
    check_deck_fields,
    decks_enabled,
)
from kit.definition.docstring import (
    Docstring,
)
from kit.definition.documentation import (
    Description,
    Documentation,
    SourceCode,
    documentation_of,
)
from kit.definition.executor import (
    ShimTaskExecutor,
    check_executor_importable,
    check_executor_type,
    executor_path,
    make_executor,
)
from kit.definition.image import (
    Image,
    ImageConfig,
    check_image_reference,
    render_image,
)
from kit.definition.interface import (
    Interface,
    kwtypes,
)
from kit.definition.metadata import (
    TaskMetadata,
)
from kit.definition.names import (
    check_environment,
    check_task_name,
)
from kit.definition.partition import Granularity, Inputs, TimePartition
from kit.definition.quantity import (
    Quantity,
    parse_quantity,
    quantity_text,
)
from kit.definition.resources import (
    Resources,
    ResourceSpec,
    override_resources,
    resources_message,
)
from kit.definition.security import (
    Identity,
    OAuth2Client,
    OAuth2TokenRequest,
    Secret,
    SecurityContext,
    check_secret_requests,
    check_secrets_mountable,
)
from kit.definition.settings import (
    Runtime,
    SerializationSettings,
    check_runtime,
)
from kit.definition.tracking import (
    TrackedInstance,
)

__all__ = [
    "A10G",
    "A100",
    "A100_80GB",
    "DEFAULT_DECK_FIELDS",
    "H100",
    "H200",
    "K80",
    "L4",
    "L4_VWS",
    "L40S",
    "M60",
    "P4",
    "P100",
    "RTX_PRO_6000",
    "T4",
    "V5E",
    "V5P",
    "V6E",
    "V100",
    "Artifact",
    "ArtifactIDSpecification",
    "ArtifactQuery",
    "BaseAccelerator",
    "DeckField",
    "Description",
    "Docstring",
    "Documentation",
    "GPUAccelerator",
    "Granularity",
    "Identity",
    "Image",
    "ImageConfig",
    "Inputs",
    "Interface",
    "MultiInstanceGPUAccelerator",
    "OAuth2Client",
    "OAuth2TokenRequest",
    "Quantity",
    "ResourceSpec",
    "Resources",
    "Runtime",
    "Secret",
    "SecurityContext",
    "SerializationSettings",
    "ShimTaskExecutor",
    "SourceCode",
    "TaskMetadata",
    "TimePartition",
    "TrackedInstance",
    "check_deck_fields",
    "check_environment",
    "check_executor_importable",
    "check_executor_type",
    "check_image_reference",
    "check_runtime",
    "check_secret_requests",
    "check_secrets_mountable",
    "check_task_name",
    "decks_enabled",
    "documentation_of",
    "executor_path",
    "extended_resources",
    "kwtypes",
    "make_executor",
    "override_resources",
    "parse_quantity",
    "quantity_text",
    "render_image",
    "resources_message",
]
