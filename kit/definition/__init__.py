"""Facts of a definition: interface, resources, image, secrets, metadata, executor."""

from __future__ import annotations

from kit.definition.docstring import Docstring
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
from kit.definition.interface import Interface, kwtypes
from kit.definition.metadata import TaskMetadata
from kit.definition.quantity import Quantity, parse_quantity, quantity_text
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
from kit.definition.settings import SerializationSettings, check_runtime
from kit.definition.tracking import TrackedInstance
